import { isTrestleError, type JsonObject, nearestName, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { changeConfigFile, type FileChange } from "../config/change-file.ts";
import { type BridgeFile, withServers } from "../config/import/bridge-file.ts";
import { faultOf } from "../config/import/check-entry.ts";
import { thisMachine } from "../config/import/machine.ts";
import { isOwnEntry } from "../config/import/own-entry.ts";
import { tracesOf } from "../config/import/own-traces.ts";
import { SHOWN } from "../config/import/redact.ts";
import { withKeptSecrets } from "../config/kept-secrets.ts";
import { isServerName, toId } from "../config/servers.ts";
import type { Core } from "../core.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { serverChanged, serverComplaints, serverRestarted } from "./answers/configuration.ts";
import { jsonObjectField, NO_EFFECT, serverField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { serverIdOf } from "./resolve.ts";

const nameField = z.string().min(1).describe("Its name in `mcpServers`: [a-z0-9-]{1,16}.");
const entryField = jsonObjectField.describe("The entry, as `mcpServers` of trestle.json has it.");

const CHANGES = { readOnly: false, destructive: false, idempotent: true, openWorld: false };

export const serverAdd = defineOperation({
  name: "server_add",
  title: "Add a server",
  description: "Adds a server to the configuration of the bridge, which serves it at once.",
  input: z.object({ name: nameField, entry: entryField }),
  output: serverChanged,
  hints: { ...CHANGES, idempotent: false },
  needs: "admin",
  subject: ({ name, entry }) => ({ server: name, kind: kindOf(entry as JsonObject) }),
  async run({ name, entry }, _context, core) {
    refuseName(name);
    const checked = checkEntry(entry as JsonObject, core);
    return put(name, core, (file) => {
      if (file.before !== undefined && Object.hasOwn(file.servers, name)) {
        throw new TrestleError(
          "conflict",
          `"${name}" is in ${file.path} already. Change it instead.`,
        );
      }
      return withServers(file, { add: { [name]: checked } });
    });
  },
});

export const serverChange = defineOperation({
  name: "server_change",
  title: "Change a server",
  description:
    "Puts another entry in the place of a server's. Secrets that are masked in it stay what they are. Calls that run keep what they have.",
  input: z.object({ name: nameField, entry: entryField }),
  output: serverChanged,
  hints: CHANGES,
  needs: "admin",
  subject: ({ name, entry }) => ({ server: name, kind: kindOf(entry as JsonObject) }),
  run: ({ name, entry }, _context, core) =>
    put(name, core, (file) => {
      const known = nameIn(file, name);
      const whole = withKeptSecrets(entry as JsonObject, file.servers[known]);
      return withServers(file, { add: { [known]: checkEntry(whole, core) } });
    }),
});

export const serverRemove = defineOperation({
  name: "server_remove",
  title: "Remove a server",
  description: "Removes a server from the configuration. Its running calls are answered first.",
  input: z.object({ name: nameField }),
  output: serverChanged,
  hints: { ...CHANGES, destructive: true },
  needs: "admin",
  subject: ({ name }) => ({ server: name }),
  run: ({ name }, _context, core) =>
    put(name, core, (file) => withServers(file, { remove: [nameIn(file, name)] })),
});

export const serverRestart = defineOperation({
  name: "server_restart",
  title: "Restart a server",
  description:
    "Connects a server anew: a new process, or a new session. Forgets what was cached of it and closes its breakers.",
  input: z.object({ server: serverField }),
  output: serverRestarted,
  hints: { ...CHANGES, idempotent: false },
  needs: "admin",
  subject: ({ server }) => ({ server }),
  async run({ server }, _context, core) {
    const { id } = upstreamOf(server, core);
    core.upstreams.restart(id);
    core.calls.pipeline.forget(id);
    return { server: id, restarted: true };
  },
});

export const serverStderr = defineOperation({
  name: "server_stderr",
  title: "What a server complains of",
  description:
    "The last lines that a server wrote to stderr, without secrets that the bridge knows.",
  input: z.object({
    server: serverField,
    lines: z.int().min(1).max(1_000).default(50).describe("At most so many, the last ones."),
  }),
  output: serverComplaints,
  hints: NO_EFFECT,
  needs: "admin",
  subject: ({ server }) => ({ server }),
  async run({ server, lines }, _context, core) {
    const upstream = upstreamOf(server, core);
    const { state, lastError, stderr } = upstream.health();
    const { secrets } = core.live.current();
    return given({
      ...{ server: upstream.id, state },
      last_error: lastError,
      lines: secrets.redact(stderr.slice(-lines)) as string[],
    }) as JsonObject;
  },
});

async function put(
  name: string,
  core: Core,
  change: (file: BridgeFile) => string,
): Promise<JsonObject> {
  const done = await asInput(changeConfigFile(core, change));
  return { name, id: toId(name), ...presentChange(done) };
}

/** What was asked for is wrong, not the configuration that there is. */
export async function asInput<Value>(change: Promise<Value>): Promise<Value> {
  try {
    return await change;
  } catch (error) {
    if (!isTrestleError(error) || error.code !== "invalid_config") throw error;
    throw new TrestleError("invalid_input", error.message, { cause: error });
  }
}

export function presentChange({ file, backup, warnings, inEffect }: FileChange): JsonObject {
  return given({
    ...{ file, backup, in_effect: inEffect },
    warnings: warnings.map(({ server, message }) => `mcpServers.${server}: ${message}`),
  }) as JsonObject;
}

function refuseName(name: string): void {
  if (toId(name) === OWN_SERVER) {
    throw invalid(`name: "${OWN_SERVER}" is the name of the bridge's own tools.`);
  }
  if (isServerName(name)) return;
  throw invalid(`name: "${name}" cannot be a server id ([a-z0-9-]{1,16}); "${toId(name)}" can.`);
}

/** As the file calls it: an entry may be served under an id that is made of its name. */
export function knownName({ servers }: BridgeFile, asked: string): string | undefined {
  const names = Object.keys(servers);
  return names.find((each) => each === asked) ?? names.find((each) => toId(each) === asked);
}

function nameIn(file: BridgeFile, asked: string): string {
  const name = knownName(file, asked);
  if (name !== undefined) return name;
  const { path } = file;
  const names = Object.keys(file.servers);
  const near = nearestName(asked, names);
  const advice = near ? `Did you mean "${near}"?` : `There are: ${names.join(", ") || "none"}.`;
  throw new TrestleError("not_found", `No server "${asked}" is in ${path}. ${advice}`);
}

function checkEntry(entry: JsonObject, { live }: Core): JsonObject {
  const fault = faultOf(entry);
  if (fault !== undefined) throw invalid(`entry: ${fault}.`);
  if (JSON.stringify(entry).includes(SHOWN)) {
    throw invalid(`entry: "${SHOWN}" is shown in the place of a secret. Write the secret itself.`);
  }
  const config = live.current();
  if (isOwnEntry(entry, tracesOf({ config, command: [] }, thisMachine(config.env, config.home)))) {
    throw invalid(
      "entry: that is this bridge itself: behind itself it would call itself for ever.",
    );
  }
  return entry;
}

function kindOf(entry: JsonObject): string {
  return ["command", "url", "embedded"].find((key) => key in entry) ?? "unknown";
}

function upstreamOf(server: string, core: Core) {
  const id = serverIdOf(server, core);
  const upstream = core.upstreams.get(id);
  if (upstream) return upstream;
  const near = nearestName(
    server,
    core.upstreams.all().map((each) => each.id),
  );
  const advice = near === undefined ? "Ask servers." : `Did you mean "${near}"?`;
  throw new TrestleError("not_found", `No server "${server}" is configured. ${advice}`);
}

function invalid(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
