import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Config } from "../config/load.ts";
import { measureHome } from "./measure.ts";
import type { AtQuota } from "./parts.ts";

export interface PartUse {
  readonly name: string;
  readonly bytes: number;
  readonly quota: number;
  readonly atQuota: AtQuota;
  readonly next: string;
}

/** How much of the disk a home takes, part by part, and which parts take more than they may. */
export interface DiskWatch {
  /** As it was measured last: every few minutes. Empty before the first time. */
  uses(): readonly PartUse[];
  /** Measures now. */
  measure(): Promise<readonly PartUse[]>;
  close(): void;
}

export interface DiskWatchParts {
  readonly home: string;
  /** Megabytes of each part. */
  readonly quotas: Config["store"]["quotas"];
  readonly clock: Clock;
  readonly log: Logger;
}

const MEGABYTE = 1024 * 1024;
/** A start has other things to do. */
const FIRST_MS = 30_000;
const EVERY_MS = 300_000;

export function watchDisk({ home, quotas, clock, log }: DiskWatchParts): DiskWatch {
  let uses: readonly PartUse[] = [];
  let told = new Set<string>();
  let measuring: Promise<readonly PartUse[]> | undefined;
  let cancel = clock.after(FIRST_MS, look);

  async function measureOnce(): Promise<readonly PartUse[]> {
    const sizes = await measureHome(home);
    uses = sizes.map(({ part: { name, atQuota, next }, bytes }) => ({
      ...{ name, bytes, atQuota, next, quota: quotas[name] * MEGABYTE },
    }));
    const over = uses.filter(isOver);
    for (const use of over.filter(({ name }) => !told.has(name))) {
      log.warn("A part of the home is larger than its quota", { part: use.name, bytes: use.bytes });
    }
    told = new Set(over.map(({ name }) => name));
    if (told.has("compiled")) dropCompiled(home, log);
    return uses;
  }

  function measure(): Promise<readonly PartUse[]> {
    measuring ??= measureOnce().finally(() => {
      measuring = undefined;
    });
    return measuring;
  }

  function look(): void {
    measure()
      .catch((error: unknown) => log.warn("The home was not measured", { error: messageOf(error) }))
      .finally(() => {
        cancel = clock.after(EVERY_MS, look);
      });
  }

  return { uses: () => uses, measure, close: () => cancel() };
}

export function isOver({ bytes, quota }: PartUse): boolean {
  return bytes > quota;
}

/** `1.5 MB` of `64 MB`, as people read it. */
export function sayUse({ name, bytes, quota }: PartUse): string {
  return `${name} takes ${inMegabytes(bytes)} of ${inMegabytes(quota)}`;
}

function inMegabytes(bytes: number): string {
  const megabytes = bytes / MEGABYTE;
  return `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
}

/** A cache of programs that were upgraded since: whoever starts next makes it anew. */
function dropCompiled(home: string, log: Logger): void {
  try {
    rmSync(join(home, "compiled"), { recursive: true, force: true });
  } catch (error) {
    log.warn("Compiled programs were not removed", { error: messageOf(error) });
  }
}
