"""Writes a bill of materials (CycloneDX 1.6, JSON) for each thing that is shipped, and checks it against the schema.

    sbom.py FOLDER
"""

import base64
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from products import CRATES, ROOT, Package, crates_of, packages_of_the_web


def checksum(package: Package) -> list[HashType]:
    """Cargo tells SHA-256 in hexadecimal digits, npm SHA-512 in base64."""
    if not package.checksum:
        return []
    if package.kind == "cargo":
        return [HashType(alg=HashAlgorithm.SHA_256, content=package.checksum)]
    algorithm, digest = package.checksum.split("-", 1)
    assert algorithm == "sha512", package
    return [HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(digest).hex())]


def component(package: Package, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    # Older crates write `MIT/Apache-2.0` for what SPDX writes with OR.
    licence = LicenseFactory().make_from_string(package.licence.replace("/", " OR "))
    return Component(
        type=kind, name=package.name, version=package.version, bom_ref=package.reference, licenses=[licence],
        purl=PackageURL.from_string(package.reference), hashes=checksum(package),
    )


def bill(product: Package, found: dict[str, Package], written: datetime) -> str:
    components = {reference: component(package) for reference, package in found.items() if package is not product}
    top = component(product, ComponentType.APPLICATION)
    names = " ".join(sorted(found))
    bom = Bom(components=components.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, names))
    bom.metadata.component = top
    bom.metadata.timestamp = written
    components[product.reference] = top
    for reference, package in found.items():
        bom.register_dependency(components[reference], [components[needed] for needed in sorted(package.needs)])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    # The same sources give the same bytes.
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    written = datetime.fromtimestamp(int(told or 0), timezone.utc)
    bills = {name: crates_of(name) for name in CRATES} | {"heirloom-web": packages_of_the_web()}
    for name, (product, found) in bills.items():
        text = bill(product, found, written)
        wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        if wrong:
            sys.exit(f"the bill of {name} is no CycloneDX: {wrong}")
        file = folder / f"{name}.cdx.json"
        file.write_text(text)
        print(f"{file}: {len(found) - 1} components")


if __name__ == "__main__":
    main()
