import { once } from "node:events";
import type { Config } from "../config/load.ts";
import { joinBridge } from "../home.ts";
import { askOwner } from "../inbound/control.ts";
import type { Terminal } from "./terminal.ts";

export interface StopOptions {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly json: boolean;
}

/**
 * Stops the bridge that runs in this home and every process that joined it, and waits until it is gone.
 * Nothing running is no failure.
 */
export async function stop({ config, terminal, json }: StopOptions): Promise<number> {
  const joined = await joinBridge(config.home);
  const { home } = config;
  const tell = (answer: object, said: string): void =>
    terminal.print(json ? JSON.stringify({ home, ...answer }, null, 2) : said);
  if (!joined) {
    tell({ stopped: false }, `No bridge runs in ${home}.`);
    return 0;
  }
  const gone = once(joined.socket, "close");
  await askOwner(joined.socket, { do: "stop" });
  await gone;
  const { pid } = joined.owner;
  tell({ stopped: true, pid }, `Stopped the bridge of ${home} (pid ${pid}).`);
  return 0;
}
