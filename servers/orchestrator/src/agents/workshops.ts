import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Clock, Logger } from "@trestle/protocol";
import { createProcessRegistry, type ProcessRegistry } from "@trestle/upstream";
import type { Environment } from "@trestle/upstream/processes";
import { type AgentsConfig, find } from "./agents-config.ts";
import { createGit } from "./process/git.ts";
import { openWorkshop, type Workshop } from "./process/workshop.ts";

/** What agents that are programs share: the processes, and the repositories with their worktrees. */
export interface Workshops {
  readonly registry: ProcessRegistry;
  of(repository: string): Promise<Workshop>;
  close(): Promise<void>;
}

/** Ends what programs a process left that was killed; each repository is cleared when it is first needed. */
export async function openWorkshops(
  config: AgentsConfig,
  parts: {
    readonly folder: string;
    readonly environment: Environment;
    readonly clock: Clock;
    readonly log: Logger;
  },
): Promise<Workshops> {
  const { folder, environment, clock, log } = parts;
  const registry = createProcessRegistry({ log, environment, folder: join(folder, "processes") });
  await registry.reapLeftovers();
  const git = createGit(environment);
  const opened = new Map<string, Promise<Workshop>>();
  return {
    registry,
    of(name) {
      const found = opened.get(name);
      if (found !== undefined) return found;
      const own = find(config.repositories, name, "repository");
      const place = createHash("sha256").update(own.path).digest("hex").slice(0, 12);
      const opening = openWorkshop(own, join(folder, `${name}-${place}`), { git, clock });
      opened.set(name, opening);
      // It may be mended until it is asked for again.
      opening.catch(() => opened.delete(name));
      return opening;
    },
    close: () => registry.close(),
  };
}
