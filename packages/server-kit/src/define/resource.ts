import type { JsonObject } from "@trestle/protocol";
import { definitionError } from "./checks.ts";
import type { ToolContext } from "./context.ts";
import type { InputRequired } from "./input-required.ts";

/** Suggests values for one argument: what is typed so far, and the arguments already settled. */
export type Complete<State> = (
  value: string,
  context: ToolContext<State>,
  settled: Readonly<Record<string, string>>,
) => readonly string[] | Promise<readonly string[]>;

/** A resource (`uri`) or a family of them (`uriTemplate` with `{variable}` or `{+path}`). */
export interface ResourceSpec<State> {
  readonly name: string;
  readonly uri?: string;
  readonly uriTemplate?: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly meta?: JsonObject;
  /** Members of a family that are worth listing. */
  readonly list?: (context: ToolContext<State>) => Promise<JsonObject[]> | JsonObject[];
  readonly complete?: Readonly<Record<string, Complete<State>>>;
  /**
   * Looks out for changes of a resource that somebody subscribed to, and tells them by
   * `context.resourceUpdated(uri)`. Called for the first who wants to hear of it; what it returns is called
   * once nobody is left.
   */
  readonly watch?: (
    asked: { readonly uri: string; readonly variables: Readonly<Record<string, string>> },
    context: ToolContext<State>,
  ) => (() => void) | Promise<() => void>;
  readonly read: (
    asked: { readonly uri: string; readonly variables: Readonly<Record<string, string>> },
    context: ToolContext<State>,
  ) => Promise<JsonObject[] | InputRequired> | JsonObject[] | InputRequired;
}

export type ResourceDefinition<State = unknown> = ResourceSpec<State>;

export function defineResource<State = unknown>(
  spec: ResourceSpec<State>,
): ResourceDefinition<State> {
  if ((spec.uri === undefined) === (spec.uriTemplate === undefined)) {
    throw definitionError(`Resource "${spec.name}" needs either a uri or a uriTemplate.`);
  }
  return spec;
}
