// What every visit in a browser begins with. Settings come from the environment: GALLERY (address), NAME, PASSWORD, CHROMIUM
// (the browser), SCREENSHOTS (a folder). A visit prints a line a step; the first step that fails ends it.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const { GALLERY, NAME, PASSWORD, CHROMIUM, SCREENSHOTS } = process.env;

await mkdir(SCREENSHOTS, { recursive: true });
export const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** A window of its own, and what its console complained about. */
export async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

/** Goes through the login form. */
export async function signIn(page) {
  await page.goto(`${GALLERY}/auth/login`);
  await page.locator('#name').fill(NAME);
  await page.locator('#password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${GALLERY}/`);
}

/** One step. `page` is the window whose picture tells what went wrong. */
export async function step(name, page, action) {
  try {
    await action();
    console.log(`ok ${name}`);
  } catch (error) {
    await page.screenshot({ path: join(SCREENSHOTS, 'failed.png') }).catch(() => undefined);
    console.error(`not ok ${name}\n${error.stack}\nat ${page.url()}`);
    await browser.close();
    process.exit(1);
  }
}

export const screenshot = (page, name, options = {}) =>
  page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options });

export { assert };
