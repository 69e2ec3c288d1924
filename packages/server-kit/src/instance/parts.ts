import type { Host, ServerEvent } from "@trestle/protocol";
import type { ListKind } from "../define/context.ts";
import type { PromptDefinition } from "../define/prompt.ts";
import type { ResourceDefinition } from "../define/resource.ts";
import type { ToolDefinition } from "../define/tool.ts";

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
  readonly profile: "core" | "all";
  /** Values that no error message may carry. */
  readonly secrets: readonly string[];
  readonly host: Host;
  readonly open: (events: EventSource) => Promise<State>;
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
