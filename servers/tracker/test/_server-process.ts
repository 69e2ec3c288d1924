import { join } from "node:path";
import process from "node:process";
import type { JsonObject } from "@trestle/protocol";
import { startRawSession } from "@trestle/testkit";
import { programOf } from "@trestle/testkit/run";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";

const bin = await programOf(new URL("../src/bin.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;

/** The server in a process of its own, as its user starts it. */
export interface ServerProcess {
  call(tool: string, args?: JsonObject): Promise<JsonObject>;
  /** What `system_health_check` says of reading. */
  reading(): Promise<{
    readonly here: boolean;
    readonly problems: readonly { readonly kind: string; readonly message: string }[];
    readonly skipped: readonly { readonly reason: string; readonly count: number }[];
  }>;
}

export interface ServerProcessOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command, which it becomes. */
  readonly before?: readonly string[];
}

export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { home, before = [] } = options;
  const [command = "", ...args] = [...before, process.execPath, bin];
  const env = {
    ...{ ...nodeEnvironment(), TRESTLE_HOME: join(home, "own"), TRACKER_HOME_DIR: home },
    ...options.env,
  };
  const session = startRawSession({ command, args, env, cwd: home });
  onTestFinished(() => session.kill("SIGKILL"));
  await session.initialize();
  async function call(tool: string, given: JsonObject = {}): Promise<JsonObject> {
    const { structuredContent, isError, content } = await session.call(tool, given);
    if (isError) throw new Error(JSON.stringify(content));
    return structuredContent as JsonObject;
  }
  return {
    call,
    reading: async () => (await call("system_health_check")).reading as never,
  };
}

/** Root may read everything: here it may not, though its files stay its own. */
export const withoutPrivilege: readonly string[] = isRoot
  ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
  : [];
