import { type Component, identityOf } from "./components.ts";

/** What may travel with our packages: nothing here asks more than to be named, and its text to be passed on. */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "OFL-1.1",
  "PostgreSQL",
  "Unlicense",
]);

export interface LicenceReport {
  /** A table in Markdown: every package with its licence, and with which of ours it travels. */
  readonly text: string;
  /** What nobody has allowed, one sentence each. */
  readonly refused: readonly string[];
}

/** Of the components of each published package. */
export function reportLicences(
  published: ReadonlyMap<string, readonly Component[]>,
): LicenceReport {
  const all = new Map<string, { component: Component; with: string[] }>();
  for (const [name, components] of published) {
    for (const component of components.slice(1)) {
      const identity = identityOf(component);
      const entry = all.get(identity) ?? { component, with: [] };
      entry.with.push(name.replace("@trestle-mcp/", ""));
      all.set(identity, entry);
    }
  }
  const entries = [...all].toSorted(([a], [b]) => a.localeCompare(b));
  const rows = entries.map(
    ([identity, { component, with: users }]) =>
      `| ${identity} | ${component.license ?? "none named"} | ${users.toSorted().join(", ")} |`,
  );
  return {
    text: ["| package | licence | travels with |", "|---|---|---|", ...rows, ""].join("\n"),
    refused: entries
      .filter(([, { component }]) => !isAllowed(component.license))
      .map(([identity, { component, with: users }]) => {
        const licence = component.license ?? "names no licence";
        return `${identity} (${licence}) travels with ${users.join(", ")}; the licence is not allowed.`;
      }),
  };
}

/** Of alternatives one is enough; what stands together must be allowed together. */
export function isAllowed(license: string | undefined): boolean {
  const words = (license ?? "").replaceAll(/[()]/g, "");
  return words
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((each) => ALLOWED.has(each.trim())));
}
