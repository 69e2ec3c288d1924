import type {
  CallHost,
  ClientFacts,
  Clock,
  Host,
  JsonObject,
  Logger,
  LogMessage,
  Principal,
  Progress,
} from "@trestle/protocol";
import type { TaskControl } from "../tasks/task-control.ts";

/** All that a tool, prompt or resource gets besides its input. */
export interface ToolContext<State = unknown> {
  /** What the server's `open()` returned. */
  readonly state: State;
  /** Aborts when the caller cancels or the server closes. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which nobody waits for the answer. */
  readonly deadline?: number;
  readonly principal: Principal;
  readonly client: ClientFacts;
  readonly idempotencyKey?: string;
  /** `params._meta` as it came. */
  readonly meta: JsonObject;
  /** Answers to what an earlier round asked by `inputRequired`, by its keys. */
  readonly inputResponses: Readonly<Record<string, JsonObject>>;
  /** The `state` an earlier round gave to `inputRequired`; verified. */
  readonly requestState?: string;
  /** Of a tool with `task`, where its caller takes tasks. */
  readonly task?: TaskControl;
  /** Tells the caller how far the work is; a no-op unless it asked. */
  progress(progress: Progress): void;
  /** Sends an MCP log message; a no-op unless the caller asked for its level. */
  logMessage(message: LogMessage): void;
  readonly log: Logger;
  readonly clock: Clock;
  readonly host: Host;
  /** Calls tools of other servers in the name of this caller. */
  readonly call: CallHost;
  resourceUpdated(uri: string): void;
  listChanged(kind: ListKind): void;
}

export type ListKind = "tools" | "prompts" | "resources";
