/** Where boxes and arrows of a layered drawing stand; the first layer is on top. Units are pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  /** The points that each arrow passes, in the order of the edges given. */
  readonly paths: readonly (readonly Point[])[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Sized {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** A box, or a place where an arrow passes a layer. */
interface Slot {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

const GAP = { across: 28, down: 48 } as const;
const MARGIN = 16;
const SWEEPS = 6;
/** Arrows over many layers are drawn straight once there are more bends than this. */
const MOST_BENDS = 4_000;

/**
 * The classic way of layers: each box below all it comes from, places for arrows that pass a layer, an order in
 * each layer that keeps neighbours near each other. Edges must make no circle.
 */
export function layOut(boxes: readonly Sized[], edges: readonly Edge[]): Layout {
  const layerOf = rank(boxes, edges);
  const { layers, chains } = withBends(boxes, edges, layerOf);
  const links = chains.flatMap((chain) => chain.slice(1).map((to, at) => [chain[at] ?? "", to]));
  untangle(layers, links as [string, string][]);
  return place(layers, boxes, chains);
}

/** The layer of each: one below the deepest that it comes from. */
function rank(boxes: readonly Sized[], edges: readonly Edge[]): Map<string, number> {
  const layerOf = new Map(boxes.map(({ key }) => [key, 0]));
  const waits = new Map(boxes.map(({ key }) => [key, 0]));
  const next = new Map<string, string[]>(boxes.map(({ key }) => [key, []]));
  for (const { from, to } of edges) {
    waits.set(to, (waits.get(to) ?? 0) + 1);
    next.get(from)?.push(to);
  }
  const ready = boxes.flatMap(({ key }) => (waits.get(key) === 0 ? [key] : []));
  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    const below = (layerOf.get(key) ?? 0) + 1;
    for (const to of next.get(key) ?? []) {
      layerOf.set(to, Math.max(layerOf.get(to) ?? 0, below));
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return layerOf;
}

function withBends(
  boxes: readonly Sized[],
  edges: readonly Edge[],
  layerOf: ReadonlyMap<string, number>,
): { layers: Slot[][]; chains: string[][] } {
  const layers: Slot[][] = [];
  const put = (layer: number, slot: Slot) => {
    const there = layers[layer] ?? [];
    layers[layer] = there;
    there.push(slot);
  };
  for (const box of boxes) put(layerOf.get(box.key) ?? 0, box);
  let bends = 0;
  const chains = edges.map(({ from, to }, index) => {
    const [top, bottom] = [layerOf.get(from) ?? 0, layerOf.get(to) ?? 0];
    if (bends + bottom - top > MOST_BENDS) return [from, to];
    const between: string[] = [];
    for (let layer = top + 1; layer < bottom; layer += 1) {
      const key = `bend ${index} ${layer}`;
      put(layer, { key, width: 8, height: 0 });
      between.push(key);
      bends += 1;
    }
    return [from, ...between, to];
  });
  return { layers, chains };
}

/** Sorts each layer by the mean place of its neighbours in the layer before, down and up in turn. */
function untangle(layers: Slot[][], links: readonly (readonly [string, string])[]): void {
  const above = new Map<string, string[]>();
  const below = new Map<string, string[]>();
  for (const [from, to] of links) {
    above.set(to, [...(above.get(to) ?? []), from]);
    below.set(from, [...(below.get(from) ?? []), to]);
  }
  const places = new Map<string, number>();
  const note = (layer: readonly Slot[]) => {
    for (const [at, { key }] of layer.entries()) places.set(key, at / Math.max(1, layer.length));
  };
  for (const layer of layers) note(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const neighbours = sweep % 2 === 0 ? above : below;
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const means = new Map(layer.map(({ key }) => [key, meanOf(key, neighbours, places)]));
      layer.sort((a, b) => (means.get(a.key) ?? 0) - (means.get(b.key) ?? 0));
      note(layer);
    }
  }
}

function meanOf(
  key: string,
  neighbours: ReadonlyMap<string, readonly string[]>,
  places: ReadonlyMap<string, number>,
): number {
  const near = neighbours.get(key) ?? [];
  if (near.length === 0) return places.get(key) ?? 0;
  return near.reduce((sum, each) => sum + (places.get(each) ?? 0), 0) / near.length;
}

/** Every layer in the middle. */
function place(
  layers: readonly (readonly Slot[])[],
  boxes: readonly Sized[],
  chains: readonly (readonly string[])[],
): Layout {
  const widths = layers.map(
    (layer) =>
      layer.reduce((sum, { width }) => sum + width, 0) + GAP.across * Math.max(0, layer.length - 1),
  );
  const inner = Math.max(0, ...widths);
  const slots = new Map<string, Box>();
  let y = MARGIN;
  for (const [at, layer] of layers.entries()) {
    const height = Math.max(0, ...layer.map((slot) => slot.height));
    let x = MARGIN + (inner - (widths[at] ?? 0)) / 2;
    for (const slot of layer) {
      const top = y + (height - slot.height) / 2;
      slots.set(slot.key, { x, y: top, width: slot.width, height: slot.height });
      x += slot.width + GAP.across;
    }
    y += height + GAP.down;
  }
  const paths = chains.map((chain) =>
    chain.flatMap((key, at) => pointsOf(slots.get(key), at, chain)),
  );
  return {
    width: inner + 2 * MARGIN,
    height: Math.max(2 * MARGIN, y - GAP.down + MARGIN),
    boxes: new Map(boxes.map(({ key }) => [key, slots.get(key) as Box])),
    paths,
  };
}

function pointsOf(slot: Box | undefined, at: number, chain: readonly string[]): Point[] {
  if (slot === undefined) return [];
  const x = slot.x + slot.width / 2;
  if (at === 0) return [{ x, y: slot.y + slot.height }];
  return [{ x, y: at === chain.length - 1 ? slot.y : slot.y + slot.height / 2 }];
}
