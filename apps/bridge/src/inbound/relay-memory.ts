import {
  isJsonObject,
  isNotification,
  type JsonObject,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
} from "@trestle/protocol";

/** What one client has settled with its bridge, and what the next bridge must be told before it can go on. */
export interface RelayMemory {
  note(message: RpcMessage): void;
  /** A request was answered with a result. */
  accepted(request: RpcRequest, result: JsonObject): void;
  /** Is the effect the same whether the request is made once or twice? */
  isRepeatable(request: RpcRequest): boolean;
  /** The client's handshake and settings once more, under ids of our own. */
  replay(): object[];
  /** Is this the id of something that we repeated? Its answer is not for the client. */
  isReplayed(id: RpcId): boolean;
}

const REPEATABLE = new Set([
  "initialize",
  "server/discover",
  "ping",
  "tools/list",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
  "subscriptions/listen",
]);

/** No client counts like this. */
const REPLAY_PREFIX = "trestle-relay:";

export function createRelayMemory(): RelayMemory {
  let opening: RpcRequest | undefined;
  let initialized: RpcMessage | undefined;
  let logLevel: RpcRequest | undefined;
  let reads: ReadonlySet<string> = new Set();
  const subscriptions = new Map<string, RpcRequest>();
  return {
    note(message) {
      if (isNotification(message) && message.method === "notifications/initialized") {
        initialized = message;
      }
    },
    accepted(request, result) {
      const uri = String(request.params?.uri);
      if (request.method === "initialize") opening = request;
      else if (request.method === "logging/setLevel") logLevel = request;
      else if (request.method === "resources/subscribe") subscriptions.set(uri, request);
      else if (request.method === "resources/unsubscribe") subscriptions.delete(uri);
      else if (request.method === "tools/list") reads = readOnlyTools(result);
    },
    isRepeatable: ({ method, params }) =>
      REPEATABLE.has(method) || (method === "tools/call" && reads.has(String(params?.name))),
    replay() {
      const again = (request: RpcRequest, index: number): object => ({
        ...request,
        id: `${REPLAY_PREFIX}${index}`,
      });
      const handshake = opening ? [again(opening, 0)] : [];
      const later = [...(logLevel ? [logLevel] : []), ...subscriptions.values()];
      const settings = later.map((request, index) => again(request, index + 1));
      return [...handshake, ...(initialized ? [initialized] : []), ...settings];
    },
    isReplayed: (id) => String(id).startsWith(REPLAY_PREFIX),
  };
}

/** The tools that say of themselves that they only read. */
function readOnlyTools({ tools }: JsonObject): ReadonlySet<string> {
  const reads = (Array.isArray(tools) ? tools : [])
    .filter(isJsonObject)
    .filter(({ annotations }) => isJsonObject(annotations) && annotations.readOnlyHint === true);
  return new Set(reads.map(({ name }) => String(name)));
}
