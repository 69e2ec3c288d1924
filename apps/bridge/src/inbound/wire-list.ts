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

/** The answer to a list. Its long part is ready, and the same for everybody who sees the same. */
export class ListAnswer {
  readonly #head: string;
  readonly #items: Ready;
  readonly #tail: string;

  constructor(id: RpcId, method: ListMethod, result: JsonObject) {
    const { key } = LISTS[method];
    const { [key]: items, ...rest } = result;
    const more = JSON.stringify(rest).slice(1, -1);
    this.#head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"${key}":[`;
    this.#items = readyOf(items as JsonObject[]);
    this.#tail = `]${more && `,${more}`}}}`;
  }

  toString(): string {
    return `${this.#head}${this.#items.text}${this.#tail}`;
  }

  /** In pieces that belong together. */
  toBytes(): readonly Buffer[] {
    this.#items.bytes ??= Buffer.from(this.#items.text);
    return [Buffer.from(this.#head), this.#items.bytes, Buffer.from(this.#tail)];
  }
}

/** The definitions of a list as they stand in its answer. */
interface Ready {
  readonly items: readonly JsonObject[];
  readonly text: string;
  /** Of the text, once somebody wanted them: writing a long text costs more than all the rest. */
  bytes?: Buffer;
}

/** By the first definition of a list: a definition stays the same object until it changes. */
const ready = new WeakMap<JsonObject, Ready[]>();
const texts = new WeakMap<JsonObject, string>();
/** Lists that begin alike and go on otherwise, as callers with other rights are shown them. */
const MOST_ALIKE = 4;

function readyOf(items: readonly JsonObject[]): Ready {
  const [first] = items;
  if (!first) return { items, text: "" };
  const alike = ready.get(first) ?? [];
  const found = alike.find((each) => isSame(each.items, items));
  if (found) return found;
  const made = { items, text: items.map(textOf).join(",") };
  ready.set(first, [made, ...alike].slice(0, MOST_ALIKE));
  return made;
}

function isSame(ours: readonly JsonObject[], theirs: readonly JsonObject[]): boolean {
  return ours.length === theirs.length && ours.every((each, index) => each === theirs[index]);
}

function textOf(definition: JsonObject): string {
  const text = texts.get(definition) ?? JSON.stringify(definition);
  texts.set(definition, text);
  return text;
}
