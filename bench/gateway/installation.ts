import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { choiceFrom, progress } from "../measure.ts";

/** `built` is what users run; from source Node strips the types, which costs memory and start time. */
export type Variant = "built" | "source";

const root = fileURLToPath(new URL("../../", import.meta.url));
const members = ["apps/bridge", "packages/server-kit", "servers/database"] as const;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: object;
}

/** The variants that can be measured, the one that is reported first. `BRIDGE=source` leaves the built one out. */
export function variants(): readonly Variant[] {
  const isBuilt = members.every((member) => existsSync(join(root, member, "dist/index.js")));
  const all: readonly Variant[] = isBuilt ? ["built", "source"] : ["source"];
  return choiceFrom<Variant>("BRIDGE", all);
}

/** One line about what is measured, and whether the build is as new as the source. */
export function describeVariant(variant: Variant): string {
  if (variant === "source")
    return "from source, types stripped by Node: `pnpm build` gives what users run";
  const built = Math.min(...members.map((member) => newest(join(root, member, "dist/*.js"))));
  const written = newest(join(root, "{apps,packages,servers}/*/src/**/*.ts"), /\.test\.ts$|\/_/);
  return built >= written ? "built" : "built, BUT the source has changed since: run `pnpm build`";
}

function newest(pattern: string, except = /^$/): number {
  const files = globSync(pattern).filter((path) => !except.test(path));
  return Math.max(...files.map((path) => statSync(path).mtimeMs));
}

let staged: string | undefined;

/** The program to start: `trestle`. The built one is laid out as npm would install it. */
export function bridgeProgram(variant: Variant): string {
  if (variant === "source") return join(root, "apps/bridge/src/bin.ts");
  staged ??= stage();
  return join(staged, "node_modules/@trestle-mcp/bridge/dist/bin.js");
}

/** In the workspace our packages lead to each other's source; installed, to what was built. */
function stage(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-bench-built-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const ours = new Map(members.map((member) => [readManifest(member).name, member]));
  for (const [name, member] of ours) {
    const place = join(folder, "node_modules", name);
    cpSync(join(root, member, "dist"), join(place, "dist"), { recursive: true });
    const { publishConfig, ...manifest } = readManifest(member);
    writeFileSync(join(place, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }));
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (ours.has(dependency)) continue;
      const link = join(place, "node_modules", dependency);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join(root, member, "node_modules", dependency)), link);
    }
  }
  progress("the built bridge is laid out as npm would install it");
  return folder;
}

function readManifest(member: string): Manifest {
  return createRequire(import.meta.url)(join(root, member, "package.json")) as Manifest;
}
