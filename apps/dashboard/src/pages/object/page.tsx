import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { readAgain, useTool } from "../../api/tools.ts";
import { ago, count, moment } from "../../lib/format.ts";
import { useParam } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import type { Change, Classes, ObjectHistory, ObjectState } from "../objects/shapes.ts";
import { CallMethod } from "./call-method.tsx";
import { addChanges, wordsOf } from "./changes.ts";
import { useObjectFeed } from "./use-object-feed.ts";
import "./object.css";

const SHOWN = 50;

/** One object, as it is and as it becomes. */
export function Page() {
  const name = useParam("class");
  const id = useParam("id");
  return (
    <>
      <PageHead
        title={id}
        lead={
          <>
            <Link to="/objects">Objects</Link> ·{" "}
            <Link to={`/objects?class=${encodeURIComponent(name)}`}>{name}</Link>
          </>
        }
      />
      <OwnServer name="objects">
        {(server) => <One key={`${name}/${id}`} server={server} of={{ class: name, id }} />}
      </OwnServer>
    </>
  );
}

interface OneProps {
  readonly server: string;
  readonly of: { readonly class: string; readonly id: string };
}

function One({ server, of }: OneProps) {
  const object = useTool<ObjectState>(server, "object_get", of);
  const classes = useTool<Classes>(server, "object_describe_class", { class: of.class });
  const history = useTool<ObjectHistory>(server, "object_history", { ...of, limit: SHOWN });
  const [told, setTold] = useState<readonly Change[]>([]);
  const client = useQueryClient();
  const isLive = useObjectFeed(
    of,
    useCallback(
      (changes) => {
        setTold((before) => [...before, ...changes].slice(-SHOWN));
        void readAgain(client, server);
      },
      [client, server],
    ),
  );
  const changes = useMemo(
    () => addChanges(history.data?.events ?? [], told, SHOWN),
    [history.data, told],
  );
  return (
    <div className="object-halves">
      <div className="object-column">
        <Loaded query={object} skeleton={<SkeletonLines lines={6} />}>
          {(found) => <State object={found} isLive={isLive} />}
        </Loaded>
        <Loaded query={classes} skeleton={<SkeletonLines lines={5} />}>
          {({ classes: [own] }) =>
            own && <CallMethod server={server} of={of} methods={own.methods} />
          }
        </Loaded>
      </div>
      <History changes={changes} isWhole={history.data?.events[0]?.seq === 1} />
    </div>
  );
}

function State({ object, isLive }: { readonly object: ObjectState; readonly isLive: boolean }) {
  const now = useNow(5_000);
  return (
    <Card
      title="State"
      note={
        <Badge tone={isLive ? "ok" : "warn"} dot={isLive ? "live" : true}>
          {isLive ? "watched" : "not watched now"}
        </Badge>
      }
    >
      <div className="object-column">
        <div aria-live="polite">
          <Json label="State of the object" value={object.state} />
        </div>
        <Facts
          facts={[
            ["Changes", count(object.seq)],
            ["Changed", ago(object.updatedAt, now)],
            ["Made", moment(object.createdAt, now)],
          ]}
        />
      </div>
    </Card>
  );
}

function History(props: { readonly changes: readonly Change[]; readonly isWhole: boolean }) {
  const { changes, isWhole } = props;
  const now = useNow(5_000);
  return (
    <Card
      title="Changes"
      note={isWhole ? "all of them" : `the last ${count(changes.length)}`}
      flush
    >
      <ol className="object-history">
        {changes.map(({ seq, at, kind, method, caller, events = [] }) => (
          <li key={seq}>
            <span className="tabular">{seq}</span>
            <div>
              <strong>{method ?? kind}</strong>{" "}
              {events.length > 0 && <span>{events.map(wordsOf).join("; ")}</span>}
              <small>
                {caller}, {ago(at, now)}
              </small>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
