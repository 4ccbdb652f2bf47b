// How the full-screen view shows a photo, as what fetches photos ahead has to know it. Written so that any browser can read it.

export interface Size {
  x: number;
  y: number;
}

/** What the full-screen view leaves free around a photo, in CSS pixels. */
export function margins(glass: Size): { top: number; bottom: number; left: number; right: number } {
  return glass.x < 1000 ? { top: 0, bottom: 0, left: 0, right: 0 } : { top: 56, bottom: 72, left: 72, right: 72 };
}

/** How wide a copy is asked for where a photo is shown so wide: nobody sees the twentieth that is missing, and many a phone
    is a pixel wider than a copy. */
export function askedFor(width: number): number {
  return Math.round(width * 0.95);
}
