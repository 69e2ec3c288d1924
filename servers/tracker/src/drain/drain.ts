import { TrestleError } from "@trestle/protocol";
import { tokensOf, VARIABLE } from "./tokens.ts";

/** What lines that one statement of a program wrote have in common. */
export interface Template {
  /** Never given again, also after this one is forgotten. */
  readonly id: number;
  /** The words that stay, and `<*>` for each that changes. */
  readonly text: string;
  /** How many lines it has taken. */
  readonly size: number;
}

/** All that a miner knows, as JSON. */
export interface DrainSnapshot {
  readonly version: number;
  readonly next: number;
  /** Least recently used first: id, size, the words on the way to its leaf, its words. */
  readonly clusters: readonly (readonly [number, number, readonly string[], readonly string[]])[];
}

export interface DrainOptions {
  /** Templates that are kept; the least recently used is forgotten first. 10,000 by default. */
  readonly most?: number;
  readonly snapshot?: DrainSnapshot;
}

/** Finds the templates of lines as they come. */
export interface Drain {
  /** The template that the line belongs to, new or changed by it. */
  add(message: string): Template;
  snapshot(): DrainSnapshot;
}

interface Cluster {
  readonly id: number;
  readonly path: readonly string[];
  tokens: string[];
  text: string | undefined;
  size: number;
}

/** A node has children, a leaf has clusters. */
interface Node {
  readonly children: Map<string, Node>;
  readonly clusters: Cluster[];
}

/** Counts up when templates of before would not be found again. */
const VERSION = 1;
const MOST_TEMPLATES = 10_000;
/** Words at the beginning of a line that lead to its leaf, after its length. */
const DEPTH = 2;
/** A place with more different words than this is a parameter. */
const MOST_CHILDREN = 100;
/** Share of words in common from which a line belongs to a template. */
const LEAST_SIMILARITY = 0.7;

/**
 * Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", 2017): the number of
 * words and the first of them lead to a few templates, of which the most similar takes the line; words that
 * differ become `<*>`. What is given to it as a snapshot must be of its version, else it throws `invalid_input`.
 */
export function createDrain({ most = MOST_TEMPLATES, snapshot }: DrainOptions = {}): Drain {
  const root = createNode();
  // In the order of their use: the first was not used for longest.
  const clusters = new Map<number, Cluster>();
  let next = 1;
  if (snapshot !== undefined) restore(snapshot);

  function restore(from: DrainSnapshot): void {
    if (from.version !== VERSION) {
      throw new TrestleError(
        "invalid_input",
        `Log templates of version ${from.version} cannot be read, only of ${VERSION}: begin without them.`,
      );
    }
    next = from.next;
    for (const [id, size, path, tokens] of from.clusters) {
      insert({ id, size, path, tokens: [...tokens], text: undefined });
    }
  }

  function insert(cluster: Cluster): void {
    let node = root;
    for (const step of cluster.path) node = childOf(node, step);
    node.clusters.push(cluster);
    clusters.set(cluster.id, cluster);
    if (clusters.size > most) forget(clusters.values().next().value as Cluster);
  }

  function forget(cluster: Cluster): void {
    clusters.delete(cluster.id);
    const way = [root];
    for (const step of cluster.path) way.push(childOf(way.at(-1) as Node, step));
    const leaf = way.at(-1) as Node;
    leaf.clusters.splice(leaf.clusters.indexOf(cluster), 1);
    for (let depth = way.length - 1; depth > 0; depth -= 1) {
      const { children, clusters: left } = way[depth] as Node;
      if (children.size > 0 || left.length > 0) return;
      way[depth - 1]?.children.delete(cluster.path[depth - 1] as string);
    }
  }

  function add(message: string): Template {
    const tokens = tokensOf(message);
    const { path, leaf } = descend(root, tokens);
    const found = leaf === undefined ? undefined : mostSimilar(leaf.clusters, tokens);
    if (found === undefined) {
      const cluster = { id: next, path, tokens, text: undefined, size: 1 };
      next += 1;
      insert(cluster);
      return toTemplate(cluster);
    }
    found.size += 1;
    generalise(found, tokens);
    clusters.delete(found.id);
    clusters.set(found.id, found);
    return toTemplate(found);
  }

  return {
    add,
    snapshot: () => ({
      version: VERSION,
      next,
      clusters: [...clusters.values()].map(({ id, size, path, tokens }) => [
        id,
        size,
        path,
        [...tokens],
      ]),
    }),
  };
}

function createNode(): Node {
  return { children: new Map(), clusters: [] };
}

function childOf(node: Node, step: string): Node {
  const known = node.children.get(step);
  if (known !== undefined) return known;
  const child = createNode();
  node.children.set(step, child);
  return child;
}

/** The way of a line down the tree, and the leaf that is there. */
function descend(root: Node, tokens: readonly string[]) {
  const path = [String(tokens.length)];
  let node = root.children.get(path[0] as string);
  for (const token of tokens.slice(0, DEPTH)) {
    const children = node?.children;
    const isFull = (children?.size ?? 0) >= MOST_CHILDREN && !children?.has(token);
    const step = isFull ? VARIABLE : token;
    path.push(step);
    node = children?.get(step);
  }
  return { path, leaf: node };
}

function mostSimilar(clusters: readonly Cluster[], tokens: readonly string[]): Cluster | undefined {
  let best: Cluster | undefined;
  let most = LEAST_SIMILARITY * tokens.length;
  for (const cluster of clusters) {
    const same = sameIn(cluster.tokens, tokens);
    if (best === undefined ? same < most : same <= most) continue;
    best = cluster;
    most = same;
  }
  return best;
}

function sameIn(template: readonly string[], tokens: readonly string[]): number {
  let same = 0;
  for (let at = 0; at < tokens.length; at += 1) if (template[at] === tokens[at]) same += 1;
  return same;
}

function generalise(cluster: Cluster, tokens: readonly string[]): void {
  for (let at = 0; at < tokens.length; at += 1) {
    if (cluster.tokens[at] === tokens[at] || cluster.tokens[at] === VARIABLE) continue;
    cluster.tokens[at] = VARIABLE;
    cluster.text = undefined;
  }
}

function toTemplate(cluster: Cluster): Template {
  cluster.text ??= cluster.tokens.join(" ");
  return { id: cluster.id, text: cluster.text, size: cluster.size };
}
