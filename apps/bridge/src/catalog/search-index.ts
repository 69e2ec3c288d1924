import { isJsonObject } from "@trestle/protocol";
import { kindsOf } from "./actions.ts";
import type { CatalogTool } from "./view.ts";
import { stemOf, wordsOf } from "./words.ts";

/** Names under which a server is known besides its id. */
export type AliasesOf = (server: string) => readonly string[];

/** How much a word counts by where it stands. */
const WEIGHTS = { name: 2.6, title: 2, server: 1.7, description: 1.5, argument: 0.95 };

/** Of a long description the beginning says what a tool is for, and the rest how to use it. */
const SUMMARY_WORDS = 16;
const REST = 0.34;

export interface Document {
  /** The exposed name. */
  readonly name: string;
  readonly tool: CatalogTool;
}

/** Where one stem stands: the documents, and how much it counts in each (BM25, without the rarity). */
export interface Postings {
  readonly documents: Uint32Array;
  readonly gains: Float32Array;
}

/** BM25: how soon repetition stops counting, and how much long texts are held against a tool. */
const K1 = 2.7;
const B = 0.58;

export interface SearchIndex {
  readonly documents: readonly Document[];
  /** What each does, by its name or the beginning of its description, as bits. */
  readonly kinds: Uint8Array;
  readonly postings: ReadonlyMap<string, Postings>;
  /** All stems in order, to find those that begin alike. */
  readonly sorted: readonly string[];
  /** Where in `sorted` stand those that have three letters in this order. */
  readonly trigrams: ReadonlyMap<string, readonly number[]>;
  /** The servers that a stem is the name of, or of a part of it. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
}

export function buildIndex(
  tools: ReadonlyMap<string, CatalogTool>,
  aliasesOf: AliasesOf,
): SearchIndex {
  const documents = [...tools].map(([name, tool]) => ({ name, tool }));
  const lengths = new Float32Array(documents.length);
  const growing = new Map<string, { documents: number[]; weights: number[] }>();
  for (const [at, { tool }] of documents.entries()) {
    let length = 0;
    for (const [stem, weight] of weightsOf(tool, aliasesOf)) {
      const known = growing.get(stem);
      if (known) {
        known.documents.push(at);
        known.weights.push(weight);
      } else growing.set(stem, { documents: [at], weights: [weight] });
      length += weight;
    }
    lengths[at] = length;
  }
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const mean = total / Math.max(1, lengths.length) || 1;
  const gainOf = (weight: number, document = 0): number =>
    (weight * (K1 + 1)) / (weight + K1 * (1 - B + (B * (lengths[document] ?? 0)) / mean));
  const postings = new Map<string, Postings>();
  for (const [stem, { documents: at, weights }] of growing) {
    const gains = Float32Array.from(weights, (weight, index) => gainOf(weight, at[index]));
    postings.set(stem, { documents: Uint32Array.from(at), gains });
  }
  const sorted = [...postings.keys()].sort();
  return {
    documents,
    kinds: Uint8Array.from(documents, ({ tool }) => kindsOfTool(tool)),
    postings,
    sorted,
    trigrams: trigramsOf(sorted),
    servers: serverNames(documents, aliasesOf),
  };
}

function kindsOfTool({ name, definition }: CatalogTool): number {
  const [verb] = wordsOf(String(definition.description ?? "").slice(0, 100));
  return kindsOf([...wordsOf(name), ...(verb === undefined ? [] : [verb])].map(stemOf));
}

function serverNames(documents: readonly Document[], aliasesOf: AliasesOf): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const server of new Set(documents.map(({ tool }) => tool.server))) {
    for (const word of new Set([server, ...aliasesOf(server)].flatMap(wordsOf).map(stemOf))) {
      names.set(word, [...(names.get(word) ?? []), server]);
    }
  }
  return names;
}

function weightsOf(tool: CatalogTool, aliasesOf: AliasesOf): Map<string, number> {
  const { title, description, inputSchema, annotations } = tool.definition;
  const weights = new Map<string, number>();
  const addWord = (word: string, weight: number): void => {
    const stem = stemOf(word);
    weights.set(stem, (weights.get(stem) ?? 0) + weight);
  };
  const add = (text: unknown, weight: number): void => {
    if (typeof text === "string") for (const word of wordsOf(text)) addWord(word, weight);
  };
  add(tool.name, WEIGHTS.name);
  const inOne = wordsOf(tool.name).join("");
  if (!weights.has(stemOf(inOne))) addWord(inOne, WEIGHTS.name);
  add(title ?? (isJsonObject(annotations) ? annotations.title : undefined), WEIGHTS.title);
  for (const server of [tool.server, ...aliasesOf(tool.server)]) add(server, WEIGHTS.server);
  for (const [at, word] of wordsOf(String(description ?? "")).entries()) {
    addWord(word, at < SUMMARY_WORDS ? WEIGHTS.description : WEIGHTS.description * REST);
  }
  const properties = isJsonObject(inputSchema) ? inputSchema.properties : undefined;
  for (const name of Object.keys(isJsonObject(properties) ? properties : {})) {
    add(name, WEIGHTS.argument);
  }
  return weights;
}

/** Longer ones are names in one word, which nobody misspells a little. */
const LONGEST_WORD = 20;

function trigramsOf(words: readonly string[]): Map<string, number[]> {
  const trigrams = new Map<string, number[]>();
  for (const [at, word] of words.entries()) {
    if (word.length > LONGEST_WORD || !/\p{L}/u.test(word)) continue;
    for (const part of partsOf(word)) {
      const known = trigrams.get(part);
      if (known) known.push(at);
      else trigrams.set(part, [at]);
    }
  }
  return trigrams;
}

/** Its trigrams, the edges marked: the first letters are those that people get right. */
export function partsOf(word: string): string[] {
  const marked = `^^${word}$`;
  const parts = new Set<string>();
  for (let at = 0; at + 3 <= marked.length; at += 1) parts.add(marked.slice(at, at + 3));
  return [...parts];
}
