import {
  isJsonObject,
  isRpcError,
  MODERN_VERSION,
  type RequestContext,
  RPC,
  RpcError,
  TASKS_EXTENSION,
  takesTasks,
} from "@trestle/protocol";

/** As if the client took tasks: the bridge follows them for those who cannot. */
export function withTasks(context: RequestContext): RequestContext {
  const { client } = context;
  const { extensions } = client.capabilities;
  const all = { ...(isJsonObject(extensions) ? extensions : {}), [TASKS_EXTENSION]: {} };
  const capabilities = { ...client.capabilities, extensions: all };
  return {
    ...context,
    client: { ...client, era: "modern", protocolVersion: MODERN_VERSION, capabilities },
  };
}

/** As if it took none. */
export function withoutTasks(context: RequestContext): RequestContext {
  const { client } = context;
  const { extensions } = client.capabilities;
  if (!isJsonObject(extensions) || !(TASKS_EXTENSION in extensions)) return context;
  const { [TASKS_EXTENSION]: _, ...others } = extensions;
  return {
    ...context,
    client: { ...client, capabilities: { ...client.capabilities, extensions: others } },
  };
}

/** A server that does nothing for whoever takes no tasks, and has done nothing. */
export function asksForTasks(error: unknown): boolean {
  if (!isRpcError(error) || error.code !== RPC.missingClientCapability) return false;
  const { requiredCapabilities } = isJsonObject(error.data) ? error.data : {};
  const { extensions } = isJsonObject(requiredCapabilities) ? requiredCapabilities : {};
  return isJsonObject(extensions) && TASKS_EXTENSION in extensions;
}

export function refuseWithoutTasks(method: string, { client }: RequestContext): void {
  if (takesTasks(client)) return;
  throw new RpcError(
    RPC.missingClientCapability,
    `${method} needs a client that takes tasks: it must declare the extension ${TASKS_EXTENSION}.`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}
