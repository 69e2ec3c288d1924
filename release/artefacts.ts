import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentsOf } from "./components.ts";
import { type Installation, install } from "./installation.ts";
import { reportLicences } from "./licences.ts";
import { packBundle } from "./mcpb.ts";
import type { Published } from "./members.ts";
import { toCycloneDx } from "./sbom.ts";

export interface ArtefactOptions {
  /** All that we publish: they need each other. */
  readonly published: readonly Published[];
  /** For which of them; all where left out. */
  readonly wanted?: readonly Published[];
  /** Folder of their tarballs. */
  readonly packs: string;
  /** For what is installed in between. */
  readonly scratch: string;
  /** Where they are written. */
  readonly folder: string;
  readonly origin: { readonly at: Date; serial(): string };
}

export interface Artefacts {
  readonly installations: readonly Installation[];
  /** Paths of what was written. */
  readonly files: readonly string[];
  /** Licences that nobody has allowed. */
  readonly refused: readonly string[];
}

/** What stands beside the packages of a release. One after the other: each is measured by the time that npm takes. */
export async function makeArtefacts(options: ArtefactOptions): Promise<Artefacts> {
  const { published, wanted = published, packs, scratch, folder, origin } = options;
  const files: string[] = [];
  const installations: Installation[] = [];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    files.push(join(folder, name));
  };
  for (const member of wanted) {
    const short = member.name.replace("@trestle-mcp/", "");
    const installation = await install(member, packs, published, join(scratch, "alone", short));
    installations.push(installation);
    const bill = toCycloneDx(componentsOf(installation), {
      at: origin.at,
      serial: origin.serial(),
      isProgram: member.program !== undefined,
    });
    write(`${short}-${member.version}.cdx.json`, `${JSON.stringify(bill, null, 2)}\n`);
    if (member.program !== undefined) files.push(await packBundle(installation, folder));
  }
  const components = installations.map((each) => [each.member.name, componentsOf(each)] as const);
  const { text, refused } = reportLicences(new Map(components));
  write("licences.md", text);
  return { installations, files, refused };
}
