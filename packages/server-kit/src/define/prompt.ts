import type { JsonObject } from "@trestle/protocol";
import type { ToolContext } from "./context.ts";
import type { InputRequired } from "./input-required.ts";
import type { Complete } from "./resource.ts";

export interface PromptArgument<State> {
  readonly description: string;
  readonly required: boolean;
  readonly complete?: Complete<State>;
}

export interface PromptSpec<State> {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: Readonly<Record<string, PromptArgument<State>>>;
  readonly meta?: JsonObject;
  /** Returns a raw GetPromptResult. */
  readonly run: (
    args: Readonly<Record<string, string>>,
    context: ToolContext<State>,
  ) => Promise<JsonObject | InputRequired> | JsonObject | InputRequired;
}

export type PromptDefinition<State = unknown> = PromptSpec<State>;

export function definePrompt<State = unknown>(spec: PromptSpec<State>): PromptDefinition<State> {
  return spec;
}
