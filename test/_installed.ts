import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describeServer, describeServing, type ServerUnderTest } from "@trestle/testkit";
import { oncePerRun } from "@trestle/testkit/run";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { findNode, installInto, packAll, registryAnswers } from "./_packages.ts";
import { root } from "./_sources.ts";
import { weigh } from "./_weights.ts";
import { readMembers } from "./_workspace.ts";

/** The oldest Node that we promise, and the one that everything is developed on. */
export const nodes = { oldest: "22.13.0", fullText: "22.16.0", current: "24" } as const;

export const published = readMembers().filter((member) => member.isPublished);

export const canInstall = await registryAnswers();
if (!canInstall) {
  const loss = "No package registry answers: what we publish is not tested as it is installed.";
  if (process.env.CI) throw new Error(loss);
  process.stderr.write(`\n${loss}\n\n`);
}

/** Of a machine that does much else beside building, packing and installing all of it. */
const INSTALL_MS = 600_000;

/** An installed program that a test speaks to. */
export interface Installed {
  /** Where everything we publish, and a stranger's server beside it, is installed. */
  readonly folder: string;
  /** Empty; it ends with the surrounding block. */
  readonly scratch: string;
  /** The path of a Node of that version. */
  node(version: string): string;
  /** The path of a program that we publish. */
  bin(name: string): string;
}

/** What we publish, installed by npm in an empty folder, once for all files of a run. */
export function useInstalled(): Installed {
  let folder: string;
  let scratch: string;
  const found = new Map<string, string>();

  beforeAll(async () => {
    folder = await oncePerRun("installed", installAll, INSTALL_MS);
    scratch = realpathSync(mkdtempSync(join(tmpdir(), "trestle-packed-")));
    for (const version of Object.values(nodes)) found.set(version, await findNode(version));
  }, INSTALL_MS);
  afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));

  return {
    get folder() {
      return folder;
    },
    get scratch() {
      return scratch;
    },
    node(version) {
      const node = found.get(version);
      if (node === undefined) throw new Error(`No Node ${version} was looked for.`);
      return node;
    },
    bin: (name) => join(folder, "node_modules", ".bin", name),
  };
}

export interface InstalledProgram {
  /** What Node is started with: its flags, the program, the program's arguments. */
  readonly args: (installed: Installed) => readonly string[];
  readonly env: (installed: Installed) => Readonly<Record<string, string>>;
  /** True for a program that was not made by `runServer`. */
  readonly isOwnProgram?: boolean;
  /** A call of every tool that is listed, in this order. */
  readonly calls: () => ServerUnderTest["sampleCalls"];
  /** Makes what the calls need, before the first. */
  readonly prepare?: (installed: Installed) => Promise<void>;
}

/** On which Nodes a program keeps its whole contract, and on which it has to start and to serve. */
export interface Extent {
  readonly whole: readonly string[];
  readonly serving: readonly string[];
}

/** The sources' own tests hold the same code to its contract on the current Node. */
const USUAL: Extent = { whole: [nodes.oldest], serving: [nodes.current] };

const PROGRAMS = [
  "the bridge",
  "the database of a server",
  "the embedded database",
  "the knowledge",
  "the objects",
  "the orchestrator",
  "the tracker",
] as const;

type ProgramName = (typeof PROGRAMS)[number];

/**
 * Whether this run holds the program to its contract: one of them by the seed of the run, since all are held to it as sources,
 * and start from their tarballs in other tests of each run. Where `ROUNDS` is set, all of them.
 */
function isChosen(name: ProgramName): boolean {
  const chance = inject("chance");
  if (chance === undefined) return true;
  const chosen = PROGRAMS[chance % PROGRAMS.length];
  if (chosen === name) process.stderr.write(`SEED=${chance}: the contract of ${name}\n`);
  return chosen === name;
}

/** The contract of a program as it is installed. */
export function describeInstalled(
  name: ProgramName,
  program: InstalledProgram,
  extent = USUAL,
): void {
  describe.skipIf(!canInstall || !isChosen(name))(
    `${name}, installed by npm in an empty folder`,
    () => {
      const installed = useInstalled();
      beforeAll(async () => program.prepare?.(installed), 120_000);
      const on = (version: string): ServerUnderTest => ({
        get spawn() {
          return {
            command: installed.node(version),
            args: program.args(installed),
            env: program.env(installed),
          };
        },
        ...(program.isOwnProgram && { isOwnProgram: true }),
        get sampleCalls() {
          return program.calls();
        },
      });
      for (const node of extent.whole) describeServer(`${name} on Node ${node}`, on(node));
      for (const node of extent.serving) describeServing(`${name} on Node ${node}`, on(node));
    },
  );
}

/** What a process printed, and how it ended; -1 for one that was ended or never ran. */
export function outcomeOf(
  file: string,
  args: readonly string[],
  cwd?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 20_000, ...(cwd && { cwd }) }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        stdout,
        stderr,
      }),
    );
  });
}

/** Runs a module that imports what is installed; fails unless it ends well. @returns what it printed. */
export async function runBeside(
  { folder, node }: Installed,
  source: string,
  ...args: readonly string[]
): Promise<string> {
  const all = ["--input-type=module", "--eval", source, ...args];
  const { code, stdout, stderr } = await outcomeOf(node(nodes.oldest), all, folder);
  if (code !== 0) throw new Error(`A program beside the packages ended with ${code}: ${stderr}`);
  return stdout;
}

/** All that we publish and a stranger's server side by side; says what each of ours weighs. */
async function installAll(folder: string): Promise<void> {
  // Here and not where each file asks: two that download one Node would be in each other's way.
  for (const version of Object.values(nodes)) await findNode(version);
  const packs = join(folder, "packs");
  mkdirSync(packs);
  const tarballs = await packAll(packs);
  await installInto(folder, [...tarballs.values()]);
  cpSync(join(root, "test/fixtures/probe"), join(folder, "node_modules/probe"), {
    recursive: true,
  });
  const weights = published.map(({ name }) => {
    const { megabytes, packages } = weigh(folder, name);
    return `${name}: ${megabytes.toFixed(1)} MB, ${packages} packages\n`;
  });
  process.stderr.write(`\n${weights.join("")}`);
}
