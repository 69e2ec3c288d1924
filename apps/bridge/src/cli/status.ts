import type { UpstreamStatus } from "../bridge.ts";
import type { Config } from "../config/load.ts";
import type { Problem } from "../config/servers.ts";
import { joinBridge } from "../home.ts";
import { askOwner } from "../inbound/control.ts";
import { EXIT } from "./exit-code.ts";
import { serversBlock } from "./started-block.ts";
import type { Terminal } from "./terminal.ts";

export interface StatusOptions {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly json: boolean;
}

/** What the owner of the home tells of itself. */
interface OwnerStatus {
  readonly pid: number;
  readonly home: string;
  readonly logFile: string;
  readonly url?: string;
  readonly servers: readonly UpstreamStatus[];
  readonly problems: readonly Problem[];
}

/** Shows the bridge that runs in this home and how its servers are. Exit code 69 where none runs. */
export async function status({ config, terminal, json }: StatusOptions): Promise<number> {
  const joined = await joinBridge(config.home);
  if (!joined) {
    const said = `No bridge runs in ${config.home}. Start one with \`trestle serve\`.`;
    terminal.print(json ? JSON.stringify({ running: false, home: config.home }, null, 2) : said);
    return EXIT.unavailable;
  }
  try {
    const found = (await askOwner(joined.socket, { do: "status" })) as unknown as OwnerStatus;
    terminal.print(
      json ? JSON.stringify({ running: true, ...found }, null, 2) : statusBlock(found),
    );
    return 0;
  } finally {
    await joined.close();
  }
}

function statusBlock({ pid, home, logFile, url, servers, problems }: OwnerStatus): string {
  return [
    `  address   ${url ?? "none: it serves stdio only (`trestle serve` adds HTTP)"}`,
    `  pid       ${pid}`,
    `  home      ${home}`,
    `  log       ${logFile}`,
    "",
    ...serversBlock(servers, problems),
  ].join("\n");
}
