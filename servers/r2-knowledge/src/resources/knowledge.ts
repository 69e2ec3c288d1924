import type { JsonObject } from "@trestle/protocol";
import { type Complete, defineResource, type ResourceDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { foundLines, toKnownOutput, toSummaryOutput } from "../tools/shapes.ts";
import { untrustedJson, untrustedText } from "../tools/untrusted.ts";
import { watchKnowledge } from "./watch.ts";

type Variables = Readonly<Record<string, string>>;
type Show = (state: State, variables: Variables, signal?: AbortSignal) => Promise<JsonObject[]>;

const RECENT = 50;

const showRecent: Show = async ({ knowledge }, _variables, signal) => {
  const { items, total } = await knowledge.list({ limit: RECENT, signal });
  return untrustedText([
    total === 0 ? "Nothing is known yet." : `The newest ${items.length} of ${total} diagnoses.`,
    ...foundLines(items.map(toSummaryOutput)),
  ]);
};

const showDiagnosis: Show = async ({ knowledge }, { id = "" }, signal) =>
  untrustedJson(toKnownOutput(await knowledge.get(id, { signal })));

const showContext: Show = async ({ knowledge }, { context = "" }, signal) => {
  const { items, total } = await knowledge.list({ context, limit: RECENT, signal });
  return untrustedText([
    `${total} diagnoses in contexts with "${context}".`,
    ...foundLines(items.map(toSummaryOutput)),
  ]);
};

const showPatterns: Show = async ({ knowledge }, _variables, signal) =>
  untrustedJson(await knowledge.listPatterns({ signal }));

export const completeId: Complete<State> = async (value, { state, signal }) => {
  const { items } = await state.knowledge.list({ limit: 1_000, signal });
  const start = value.toLowerCase();
  return items.map(({ id }) => id).filter((id) => id.toLowerCase().startsWith(start));
};

export const completeContext: Complete<State> = async (value, { state, signal }) => {
  const { items } = await state.knowledge.list({ context: value, limit: 1_000, signal });
  return [...new Set(items.flatMap(({ context }) => context ?? []))];
};

/** What is listed names no diagnosis: nothing is opened by listing, as hosts do at every start. */
export const knowledgeResources: readonly ResourceDefinition<State>[] = [
  define("recent", "knowledge://diagnoses", "The newest diagnoses", showRecent),
  define("diagnosis", "knowledge://diagnoses/{id}", "One diagnosis, whole", showDiagnosis, {
    id: completeId,
  }),
  define(
    "context",
    "knowledge://contexts/{context}",
    "The newest diagnoses of a context",
    showContext,
    { context: completeContext },
  ),
  define("patterns", "knowledge://patterns", "Kinds of errors: named, and met often", showPatterns),
];

function define(
  name: string,
  uri: string,
  description: string,
  show: Show,
  complete: Readonly<Record<string, Complete<State>>> = {},
): ResourceDefinition<State> {
  return defineResource<State>({
    name,
    ...(uri.includes("{") ? { uriTemplate: uri, complete } : { uri }),
    description,
    mimeType: "text/plain",
    async read({ uri: asked, variables }, { state, signal }) {
      const [{ text } = {}] = await show(state, variables, signal);
      return [{ uri: asked, mimeType: "text/plain", text: text ?? "" }];
    },
    watch: ({ uri: asked, variables }, { state, clock, log, resourceUpdated }) =>
      watchKnowledge({
        ...{ knowledge: state.knowledge, clock, log },
        show: async () => String((await show(state, variables))[0]?.text ?? ""),
        changed: () => resourceUpdated(asked),
      }),
  });
}
