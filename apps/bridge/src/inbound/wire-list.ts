import type { JsonObject, RpcId, ServerInstance } from "@trestle/protocol";

/** The lists that are answered on the short way: what their items are called, and the capability they belong to. */
const LISTS = {
  "tools/list": { key: "tools", capability: "tools" },
  "prompts/list": { key: "prompts", capability: "prompts" },
  "resources/list": { key: "resources", capability: "resources" },
  "resources/templates/list": { key: "resourceTemplates", capability: "resources" },
} as const;

export type ListMethod = keyof typeof LISTS;

export function isListMethod(method: string): method is ListMethod {
  return Object.hasOwn(LISTS, method);
}

/** Does the instance answer it at all? */
export function isOffered(
  method: ListMethod,
  { capabilities }: Pick<ServerInstance, "capabilities">,
): boolean {
  return capabilities[LISTS[method].capability] !== undefined;
}

const texts = new WeakMap<object, string>();

/** The answer to a list: every definition is made text once, and stays the same object until it changes. */
export function listText(id: RpcId, method: ListMethod, result: JsonObject): string {
  const { key } = LISTS[method];
  const { [key]: items, ...rest } = result;
  const list = (items as JsonObject[]).map(textOf).join(",");
  const more = JSON.stringify(rest).slice(1, -1);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"${key}":[${list}]${more && `,${more}`}}}`;
}

function textOf(definition: JsonObject): string {
  const text = texts.get(definition) ?? JSON.stringify(definition);
  texts.set(definition, text);
  return text;
}
