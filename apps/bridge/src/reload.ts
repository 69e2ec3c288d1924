import type { Clock, Logger } from "@trestle/protocol";
import type { Bridge } from "./bridge.ts";
import type { ConfigChanges } from "./config/changes.ts";
import type { Config } from "./config/load.ts";
import { createConfigWatch } from "./config/watch.ts";

export interface ReloadParts {
  readonly config: Config;
  readonly bridge: Pick<Bridge, "apply">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells a person. */
  readonly print: (text: string) => void;
  /** Calls the listener at each SIGHUP; returns the function that ends that. */
  readonly onHangup: (listener: () => void) => () => void;
}

/** Keeps a running bridge at what its configuration says. */
export interface Reloading {
  /** The configuration as it was last read. */
  current(): Config;
  close(): void;
}

export function startReloading(parts: ReloadParts): Reloading {
  const { bridge, clock, log, print, onHangup } = parts;
  let { config } = parts;

  const watch = createConfigWatch({
    config,
    clock,
    load: () => config.again(),
    onChange(next) {
      const known = new Set(config.problems.map(({ server, message }) => `${server}\n${message}`));
      config = next;
      const changes = bridge.apply(next);
      const said = sentenceOf(changes);
      if (said !== "") {
        log.info("configuration changed", { ...changes });
        print(`Configuration changed: ${said}.`);
      }
      for (const { server, level, message, line } of next.problems) {
        if (known.has(`${server}\n${message}`)) continue;
        log.warn("a problem of the configuration", { server, level, reason: message, line });
        print(`${next.file}:${line}: mcpServers.${server}: ${level}: ${message}`);
      }
    },
    onProblem(message) {
      log.warn("the configuration could not be read; what was read before stays", { message });
      print(`${message}\nThe configuration stays as it was.`);
    },
  });
  const unsubscribe = onHangup(() => watch.reload());
  return {
    current: () => config,
    close() {
      unsubscribe();
      watch.close();
    },
  };
}

function sentenceOf({ added, changed, removed, keys, needRestart }: ConfigChanges): string {
  const parts: [string, readonly string[]][] = [
    ["added", added],
    ["restarted", changed],
    ["removed", removed],
    ["now in effect", keys],
    ["in effect after a restart of the bridge", needRestart],
  ];
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what}: ${names.join(", ")}`)
    .join("; ");
}
