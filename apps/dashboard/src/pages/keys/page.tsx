import type { Key } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, count, date } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { useRights } from "../../session/session.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { KeyActions } from "./key-actions.tsx";
import { MakeKey } from "./make-key.tsx";
import "./keys.css";

export function Page() {
  const keys = useAsk("GET keys", {});
  const refused = useRights().admin();
  const [search, setSearch] = useSearchState();
  const make = (
    <Button
      look="primary"
      icon="plus"
      disabled={refused}
      onClick={() => setSearch({ make: "key" })}
    >
      Make a key
    </Button>
  );
  return (
    <>
      <PageHead
        title="Keys and access"
        lead="Who may call what. A key is shown once and kept as a hash; revoking it takes effect at once, at every replica."
        actions={make}
      />
      <Loaded query={keys} skeleton={<SkeletonLines lines={5} height="3rem" />}>
        {({ keys: all }) =>
          all.length === 0 ? (
            <Empty icon="keys" title="No keys yet" action={make}>
              While there is none, whoever is on this machine may call every tool. The first key
              ends that for HTTP: from then on each caller shows one.
            </Empty>
          ) : (
            <Card flush>
              <DataTable label="Keys" rows={all} columns={COLUMNS} rowKey={({ id }) => id} />
            </Card>
          )
        }
      </Loaded>
      <MakeKey open={search.make === "key"} close={() => setSearch({ make: "" })} />
    </>
  );
}

const TONES: Readonly<Record<Key["state"], Tone>> = {
  valid: "ok",
  expired: "warn",
  revoked: "quiet",
};

const COLUMNS: readonly Column<Key>[] = [
  {
    id: "name",
    head: "Name",
    sortBy: ({ name }) => name,
    cell: ({ name, id }) => (
      <>
        <strong className="table-name">{name}</strong>
        <span className="table-note">{id}</span>
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    sortBy: ({ state }) => state,
    cell: ({ state, overlap_until: overlap }) => (
      <>
        <Badge tone={TONES[state]} dot>
          {state}
        </Badge>
        {overlap !== undefined && <OverlapNote until={overlap} />}
      </>
    ),
  },
  {
    id: "scopes",
    head: "May call",
    grow: true,
    wideOnly: true,
    cell: ({ scopes }) =>
      scopes === undefined ? (
        "everything"
      ) : (
        <span className="keys-scopes">
          {scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>
      ),
  },
  {
    id: "limit",
    head: "Limit",
    wideOnly: true,
    cell: ({ limit }) =>
      limit === undefined ? "default" : `${count(limit.calls)} in ${limit.window_ms / 1_000} s`,
  },
  {
    id: "made",
    head: "Made",
    wideOnly: true,
    sortBy: ({ created_at: at }) => at,
    cell: ({ created_at: at }) => <Since at={at} />,
  },
  {
    id: "expires",
    head: "Expires",
    wideOnly: true,
    sortBy: ({ expires_at: at }) => at ?? "9",
    cell: ({ expires_at: at }) => (at === undefined ? "never" : date(at)),
  },
  { id: "actions", head: "", align: "end", cell: (key) => <KeyActions apiKey={key} /> },
];

function Since({ at }: { readonly at: string }) {
  return ago(at, useNow(60_000));
}

/** The old text of a key that was rotated goes on for a while. */
function OverlapNote({ until }: { readonly until: string }) {
  const isOver = useNow(10_000) > new Date(until).getTime();
  return isOver ? null : (
    <span className="table-note">old text until {new Date(until).toLocaleTimeString("en-GB")}</span>
  );
}
