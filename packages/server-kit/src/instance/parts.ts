import type { Host, RequestContext, ServerEvent } from "@trestle/protocol";
import type { ListKind } from "../define/context.ts";
import type { PromptDefinition } from "../define/prompt.ts";
import type { ResourceDefinition } from "../define/resource.ts";
import type { ToolDefinition } from "../define/tool.ts";
import type { TaskReport } from "../tasks/report.ts";

/** What an instance is made of. */
export interface InstanceParts<State> {
  readonly server: {
    readonly name: string;
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly instructions: string | undefined;
    readonly logging: boolean;
  };
  readonly tools: readonly ToolDefinition<State>[];
  readonly resources: readonly ResourceDefinition<State>[];
  readonly prompts: readonly PromptDefinition<State>[];
  readonly tasks?: StoredTasks<State> | undefined;
  readonly profile: "core" | "all";
  /** Values that no error message may carry. */
  readonly secrets: readonly string[];
  readonly host: Host;
  readonly open: (events: EventSource) => Promise<State>;
}

/** Tasks whose work outlives the process that began them, by the names that their tools gave them. */
export interface StoredTasks<State> {
  /** Undefined where there is none, or none for this caller. */
  find(state: State, taskId: string, request: RequestContext): Promise<TaskReport | undefined>;
  /** Of one that was found; one that has ended stays as it is. */
  cancel(state: State, taskId: string, request: RequestContext): Promise<void>;
}

/** How a server tells whoever listens that something changed. */
export interface EventSource {
  resourceUpdated(uri: string): void;
  listChanged(kind: ListKind): void;
}

export function createEventSource(emit: (event: ServerEvent) => void): EventSource {
  const changed = {
    tools: "toolsChanged",
    prompts: "promptsChanged",
    resources: "resourcesChanged",
  } as const;
  return {
    resourceUpdated: (uri) => emit({ kind: "resourceUpdated", uri }),
    listChanged: (kind) => emit({ kind: changed[kind] }),
  };
}
