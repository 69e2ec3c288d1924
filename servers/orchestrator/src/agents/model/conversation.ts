import type { JsonObject, JsonValue } from "@trestle/protocol";

/** What a model asks to be done. */
export interface ToolCall {
  /** The provider's, by which the result is given back. */
  readonly id: string;
  readonly name: string;
  /** Undefined where what the model wrote is no JSON object. */
  readonly arguments: JsonObject | undefined;
}

/** Why the model ended its turn. */
export type TurnEnd = "done" | "calls" | "length" | "refused";

/** One answer of a model. */
export interface ModelTurn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly end: TurnEnd;
  readonly usage: Usage;
  /** The answer as the provider wants to have it back. */
  readonly raw: JsonValue;
}

/** Tokens of one request and its answer. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ToolResult {
  readonly id: string;
  readonly text: string;
  readonly isError: boolean;
}

export type Message =
  | { readonly kind: "user"; readonly text: string }
  | { readonly kind: "model"; readonly raw: JsonValue }
  | { readonly kind: "results"; readonly results: readonly ToolResult[] };

/** A tool as a model is told of it. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly OfferedTool[];
  readonly maxOutputTokens: number;
}

/** The wire form of one provider. Knows nothing of retries, budgets or keys. */
export interface Dialect {
  readonly path: string;
  headers(key: string | undefined): Record<string, string>;
  toBody(model: string, request: ModelRequest): JsonObject;
  /** Throws where the answer is not of this form. Its usage may be missing. */
  toTurn(body: JsonObject): Omit<ModelTurn, "usage"> & { readonly usage: Usage | undefined };
}
