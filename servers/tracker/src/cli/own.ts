import type { Clock, Logger } from "@trestle/protocol";
import { createStandaloneHost, type StandaloneHost } from "@trestle-mcp/server-kit";
import type { Config } from "../config.ts";
import { server } from "../server.ts";
import { openState, type State, type StateParts } from "../state.ts";

/** What a command opens beyond what every command has. */
export interface Own {
  readonly host: StandaloneHost;
  /** Opens what is tracked, once, and begins that much. Throws what a configuration that is wrong throws. */
  open(begins: NonNullable<StateParts["begins"]>): Promise<State>;
  close(): Promise<void>;
}

export function createOwn({
  config,
  dataDir,
  clock,
  log,
}: {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}): Own {
  const host = createStandaloneHost({ dataDir, clock, log });
  let state: Promise<State> | undefined;
  return {
    host,
    open(begins) {
      state ??= openState({ config, host, version: server.version, begins });
      return state;
    },
    async close() {
      // What did not open has said so already.
      await (await state?.catch(() => undefined))?.close();
      await host.close();
    },
  };
}
