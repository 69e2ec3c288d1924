import { useState } from "react";
import type { AuditEntry } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { moment } from "../../lib/format.ts";
import { type Search, useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { describe, EVENTS, wordsOf } from "./describe.ts";
import { Verdict } from "./verdict.tsx";
import "./audit.css";

const PAGE = 200;

export function Page() {
  const [{ event, principal, before }, setSearch] = useSearchState();
  const [shown, show] = useState<AuditEntry>();
  const query = {
    limit: PAGE,
    ...(event && { event }),
    ...(principal && { principal }),
    ...(before && { before }),
  };
  // To read it is in the log itself: it is not asked again by itself.
  const page = useAsk("GET security/audit-logs", { query }, { keeps: true });
  return (
    <>
      <PageHead
        title="Audit"
        lead="Who administered, who was refused, and what was decided: each entry holds the hash of the one before, so that none can be taken out unseen."
        actions={
          <Button icon="restart" busy={page.isFetching} onClick={() => void page.refetch()}>
            Read again
          </Button>
        }
      />
      <Verdict />
      <Filters event={event} principal={principal} change={setSearch} />
      <Loaded query={page} skeleton={<SkeletonLines lines={10} height="2.25rem" />}>
        {({ entries, next, problem }) => (
          <>
            {problem && <p className="audit-broken">{problem}</p>}
            <Entries entries={entries} show={show} />
            <Pages next={next} isLater={Boolean(before)} go={(to) => setSearch({ before: to })} />
          </>
        )}
      </Loaded>
      <Dialog
        open={shown !== undefined}
        onOpenChange={() => show(undefined)}
        title={`Entry ${shown?.seq}`}
        size="m"
      >
        <Json label="Entry" value={shown} />
      </Dialog>
    </>
  );
}

interface FiltersProps {
  readonly event: string | undefined;
  readonly principal: string | undefined;
  readonly change: (changes: Search) => void;
}

function Filters({ event = "", principal = "", change }: FiltersProps) {
  const choices = EVENTS.map((each) => ({ value: each, label: wordsOf(each) }));
  return (
    <div className="audit-filters">
      <SelectField
        label="Event"
        value={event}
        onChange={(chosen) => change({ event: chosen, before: "" })}
        choices={[{ value: "", label: "All events" }, ...choices]}
      />
      <TextField
        label="Principal"
        placeholder="Anybody"
        defaultValue={principal}
        onBlur={({ target }) => change({ principal: target.value.trim(), before: "" })}
        onKeyDown={({ key, currentTarget }) => key === "Enter" && currentTarget.blur()}
      />
    </div>
  );
}

interface EntriesProps {
  readonly entries: readonly AuditEntry[];
  readonly show: (entry: AuditEntry) => void;
}

function Entries({ entries, show }: EntriesProps) {
  if (entries.length === 0) {
    return (
      <Empty icon="audit" title="No entry fits">
        Making a key, changing the configuration or being refused leaves one.
      </Empty>
    );
  }
  return (
    <Card flush>
      <DataTable
        label="Audit log"
        rows={entries}
        columns={columnsFor(show)}
        rowKey={({ home = "", seq }) => `${home} ${seq}`}
      />
    </Card>
  );
}

interface PagesProps {
  readonly next: number | string | undefined;
  readonly isLater: boolean;
  readonly go: (before: string) => void;
}

function Pages({ next, isLater, go }: PagesProps) {
  return (
    <div className="audit-pages">
      {isLater && <Button onClick={() => go("")}>Newest</Button>}
      {next !== undefined && <Button onClick={() => go(String(next))}>Older</Button>}
    </div>
  );
}

/** On a narrow screen with what it was about: there is no column for it. */
function Event({ entry }: Pick<AuditEntry, "entry">) {
  return (
    <>
      {wordsOf(String(entry.event ?? ""))}
      <span className="audit-what">{describe(entry)}</span>
    </>
  );
}

function columnsFor(show: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] {
  return [
    { id: "seq", head: "Entry", align: "end", wideOnly: true, cell: ({ seq }) => seq },
    { id: "time", head: "When", cell: ({ time }) => <When time={time} /> },
    { id: "event", head: "Event", cell: ({ entry }) => <Event entry={entry} /> },
    {
      id: "who",
      head: "Who",
      wideOnly: true,
      cell: ({ entry }) => String(entry.principal ?? entry.by ?? ""),
    },
    { id: "what", head: "What", grow: true, wideOnly: true, cell: ({ entry }) => describe(entry) },
    {
      id: "more",
      head: "",
      align: "end",
      cell: (entry) => (
        <Button look="quiet" size="s" onClick={() => show(entry)}>
          Details
        </Button>
      ),
    },
  ];
}

function When({ time }: { readonly time: string }) {
  return <time dateTime={time}>{moment(time, useNow(60_000))}</time>;
}
