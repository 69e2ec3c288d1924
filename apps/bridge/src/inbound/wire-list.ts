import type { JsonObject, RpcId } from "@trestle/protocol";

const texts = new WeakMap<object, string>();

/** The answer to `tools/list`: every definition is made text once, and stays the same object until it changes. */
export function listText(id: RpcId, { tools, ...rest }: JsonObject): string {
  const list = (tools as JsonObject[]).map(textOf).join(",");
  const more = JSON.stringify(rest).slice(1, -1);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"tools":[${list}]${more && `,${more}`}}}`;
}

function textOf(definition: JsonObject): string {
  const text = texts.get(definition) ?? JSON.stringify(definition);
  texts.set(definition, text);
  return text;
}
