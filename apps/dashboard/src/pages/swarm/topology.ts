import type { GetSwarm } from "../../api/generated.ts";

export type Member = GetSwarm["members"][number];

export interface Spot {
  readonly id: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
}

export interface Drawn {
  readonly spots: readonly Spot[];
  readonly lines: readonly Line[];
}

/** The drawing is this large, in its own measure. */
export const SIZE = { width: 640, height: 360 } as const;

const MARGIN = 56;
/** More lines than that are a grey ground. */
const MOST_MESHED = 14;

/** Who reaches whom, drawn: those who have left are not there. */
export function drawTopology(topology: GetSwarm["topology"], all: readonly Member[]): Drawn {
  const members = all.filter(({ status }) => status !== "left");
  if (topology === "hierarchical") return drawTree(members);
  if (topology === "star") {
    const hub = members.find(({ role }) => role === "coordinator") ?? members[0];
    return hub === undefined ? { spots: [], lines: [] } : drawStar(hub, members);
  }
  const spots = onCircle(members);
  const ids = members.map(({ id }) => id);
  if (topology === "ring") {
    const next = ids.map((from, index) => ({ from, to: ids[(index + 1) % ids.length] ?? from }));
    return { spots, lines: next.filter(({ from, to }) => from !== to) };
  }
  const lines = ids.flatMap((from, index) => ids.slice(index + 1).map((to) => ({ from, to })));
  return { spots, lines: ids.length > MOST_MESHED ? [] : lines };
}

function drawStar(hub: Member, members: readonly Member[]): Drawn {
  const others = members.filter(({ id }) => id !== hub.id);
  const centre = { id: hub.id, name: hub.name, x: SIZE.width / 2, y: SIZE.height / 2 };
  return {
    spots: [centre, ...onCircle(others)],
    lines: others.map(({ id }) => ({ from: hub.id, to: id })),
  };
}

function drawTree(members: readonly Member[]): Drawn {
  const known = new Map(members.map((member) => [member.id, member]));
  const depthOf = (member: Member, seen: ReadonlySet<string> = new Set()): number => {
    const parent = member.parent === undefined ? undefined : known.get(member.parent);
    if (parent === undefined || seen.has(member.id)) return 0;
    return 1 + depthOf(parent, new Set([...seen, member.id]));
  };
  const rows = Object.entries(Object.groupBy(members, (member) => depthOf(member)));
  const spots = rows.flatMap(([depth, row = []]) =>
    row.map((member, index) => ({
      id: member.id,
      name: member.name,
      x: (SIZE.width * (index + 1)) / (row.length + 1),
      y: rowAt(Number(depth), rows.length),
    })),
  );
  const lines = members.flatMap(({ id, parent }) =>
    parent !== undefined && known.has(parent) ? [{ from: parent, to: id }] : [],
  );
  return { spots, lines };
}

function rowAt(depth: number, rows: number): number {
  if (rows === 1) return SIZE.height / 2;
  return MARGIN + ((SIZE.height - 2 * MARGIN) * depth) / (rows - 1);
}

function onCircle(members: readonly Member[]): readonly Spot[] {
  const [width, height] = [SIZE.width / 2, SIZE.height / 2];
  return members.map(({ id, name }, index) => {
    const angle = (2 * Math.PI * index) / members.length - Math.PI / 2;
    return {
      id,
      name,
      x: Math.round(width + (width - 2 * MARGIN) * Math.cos(angle)),
      y: Math.round(height + (height - MARGIN) * Math.sin(angle)),
    };
  });
}
