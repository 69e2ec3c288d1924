import { Buffer } from "node:buffer";
import { type Component, identityOf } from "./components.ts";

/** When the document was made, and of what. */
export interface Origin {
  readonly at: Date;
  /** A UUID. */
  readonly serial: string;
  /** Is it a program, or only used by others? */
  readonly isProgram: boolean;
}

/** The bill of materials of one published package, as CycloneDX 1.6; the package itself is the first component. */
export function toCycloneDx(
  components: readonly Component[],
  { at, serial, isProgram }: Origin,
): object {
  const [itself, ...others] = components;
  if (itself === undefined) throw new Error("A bill of materials is of a package.");
  const references = new Map(components.map((each) => [identityOf(each), packageUrl(each)]));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      component: toEntry(itself, isProgram ? "application" : "library"),
    },
    components: others.map((each) => toEntry(each, "library")),
    dependencies: components.map((each) => ({
      ref: packageUrl(each),
      dependsOn: each.needs.flatMap((need) => references.get(need) ?? []),
    })),
  };
}

function toEntry(component: Component, type: "application" | "library"): object {
  const { name, version, license, integrity, isBundled } = component;
  const [last = name, scope] = name.split("/").toReversed();
  return {
    type,
    "bom-ref": packageUrl(component),
    ...(scope !== undefined && { group: scope }),
    ...{ name: last, version },
    ...(license !== undefined && { licenses: [toLicence(license)] }),
    ...(integrity !== undefined && { hashes: integrity.split(" ").map(toHash) }),
    purl: packageUrl(component),
    ...(isBundled && { properties: [{ name: "cdx:npm:package:bundled", value: "true" }] }),
  };
}

/** https://github.com/package-url/purl-spec: the scope's @ is escaped, its slash is not. */
function packageUrl({ name, version }: Component): string {
  return `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(version)}`;
}

function toLicence(license: string): object {
  if (/ (?:OR|AND|WITH) /.test(license)) return { expression: license };
  return /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { license: { name: license } };
}

/** As npm writes it: `sha512-` and base64. */
function toHash(integrity: string): object {
  const [algorithm = "", digest = ""] = integrity.split(/-(.*)/s);
  const content = Buffer.from(digest, "base64").toString("hex");
  return { alg: algorithm.replace("sha", "SHA-"), content };
}
