import { count } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Member } from "./topology.ts";

const TONES: Readonly<Record<Member["status"], Tone>> = {
  active: "ok",
  gone: "warn",
  left: "quiet",
};

export function Agents({ members }: { readonly members: readonly Member[] }) {
  return (
    <Card title="Agents" note={members.length} flush>
      {members.length === 0 ? (
        <Empty icon="person" title="No agents" />
      ) : (
        <DataTable label="Agents" rows={members} columns={COLUMNS} rowKey={({ id }) => id} />
      )}
    </Card>
  );
}

const COLUMNS: readonly Column<Member>[] = [
  {
    id: "agent",
    head: "Agent",
    sortBy: ({ name }) => name,
    cell: ({ name, role }) => (
      <>
        <strong>{name}</strong> {role}
      </>
    ),
  },
  {
    id: "status",
    head: "State",
    sortBy: ({ status }) => status,
    cell: ({ status }) => (
      <Badge tone={TONES[status]} dot>
        {status}
      </Badge>
    ),
  },
  {
    id: "work",
    head: "In work",
    grow: true,
    wideOnly: true,
    cell: ({ tasks }) => tasks.join(", "),
  },
  {
    id: "done",
    head: "Done",
    align: "end",
    sortBy: ({ done }) => done,
    cell: ({ done, failed }) => (failed === 0 ? count(done) : `${done}, ${failed} failed`),
  },
];
