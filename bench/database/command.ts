import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bridgeProgram, type Variant, variants } from "../gateway/installation.ts";

/** What is measured: as npm would install it where it is built, else from source. */
export const variant: Variant = variants()[0] ?? "source";

/** The file that starts `trestle-database`. */
export function program(): string {
  if (variant === "built") return join(bridgeProgram("built"), "../../../database/dist/bin.js");
  return fileURLToPath(new URL("../../servers/database/src/bin.ts", import.meta.url));
}

export interface Sample {
  readonly ms: number;
  readonly megabytes: number;
}

export interface CommandResult {
  readonly ms: number;
  readonly out: string;
  readonly samples: readonly Sample[];
  /** The most that was ever resident, in MB. */
  readonly peak: number;
}

const SAMPLE_MS = 100;

/** Runs `trestle-database` to its end and watches its resident memory. Throws what it printed where it failed. */
export async function runCommand(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [program(), ...words], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const samples: Sample[] = [];
  let peak = 0;
  const timer = setInterval(() => {
    const memory = memoryOf(child.pid ?? 0);
    if (memory === undefined) return;
    peak = Math.max(peak, memory.peak);
    samples.push({ ms: performance.now() - started, megabytes: memory.now });
  }, SAMPLE_MS);
  let [out, error] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    error += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(timer);
  if (code !== 0)
    throw new Error(`trestle-database ${words[0]} ended with ${code}: ${error}${out}`);
  return { ms: performance.now() - started, out, samples, peak };
}

/** Resident memory of a process now and at its most, in MB; undefined where it has ended. */
export function memoryOf(pid: number): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const megabytes = (name: string) =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    const [now, peak] = [megabytes("VmRSS"), megabytes("VmHWM")];
    // What has ended and was not collected yet has no memory.
    return Number.isFinite(now) ? { now, peak } : undefined;
  } catch {
    return undefined;
  }
}
