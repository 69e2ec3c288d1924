import { useTool } from "../../api/tools.ts";
import { ago, count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Link } from "../../ui/link.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { MakeObject } from "./make-object.tsx";
import type { Classes, ObjectList, Summary } from "./shapes.ts";
import "./objects.css";

/** The objects that there are, and what classes of them can do. */
export function Page() {
  return (
    <>
      <PageHead
        title="Objects"
        lead="Named things that keep a state, are changed by one call at a time, and tell whoever watches."
      />
      <OwnServer name="objects">{(server) => <Objects server={server} />}</OwnServer>
    </>
  );
}

function Objects({ server }: { readonly server: string }) {
  const classes = useTool<Classes>(server, "object_describe_class");
  const [search, setSearch] = useSearchState();
  return (
    <Loaded query={classes} skeleton={<SkeletonLines lines={8} />}>
      {({ classes: all }) => (
        <div className="objects-halves">
          <All server={server} classes={all.map(({ name }) => name)} />
          <Card title="Classes" note={count(all.length)} flush>
            <ul className="objects-classes">
              {all.map(({ name, description, methods }) => (
                <li key={name}>
                  <h3>{name}</h3>
                  <p>{description}</p>
                  <p className="objects-methods">
                    {methods.map((method) => (
                      <Badge
                        key={method.name}
                        tone={method.isReadOnly ? "ok" : "quiet"}
                        title={`${method.isReadOnly ? "Reads" : "Writes"}: ${method.description}`}
                      >
                        {method.name}
                      </Badge>
                    ))}
                  </p>
                </li>
              ))}
            </ul>
          </Card>
          <MakeObject
            server={server}
            classes={all}
            open={search.make !== undefined}
            close={() => setSearch({ make: "" })}
          />
        </div>
      )}
    </Loaded>
  );
}

function All({
  server,
  classes,
}: {
  readonly server: string;
  readonly classes: readonly string[];
}) {
  const [{ class: chosen = "", cursor = "" }, setSearch] = useSearchState();
  const objects = useTool<ObjectList>(
    server,
    "object_list",
    { class: chosen, cursor, limit: 100 },
    { every: 5_000, keeps: true },
  );
  const make = (
    <Button look="primary" icon="plus" onClick={() => setSearch({ make: "1" })}>
      Make an object
    </Button>
  );
  return (
    <Card
      title="Objects"
      flush
      actions={
        <>
          <SelectField
            label="Class"
            hidesLabel
            value={chosen}
            choices={[
              { value: "", label: "All classes" },
              ...classes.map((value) => ({ value, label: value })),
            ]}
            onChange={(value) => setSearch({ class: value, cursor: "" })}
          />
          {make}
        </>
      }
    >
      <Loaded query={objects} skeleton={<SkeletonLines lines={6} />}>
        {({ objects: all, cursor: next }) =>
          all.length === 0 ? (
            <Empty icon="objects" title="No objects yet">
              object_initialize makes one, and so does the button above.
            </Empty>
          ) : (
            <PageOf objects={all} cursor={cursor} next={next} />
          )
        }
      </Loaded>
    </Card>
  );
}

interface PageOfProps {
  readonly objects: readonly Summary[];
  readonly cursor: string;
  readonly next: string | undefined;
}

function PageOf({ objects, cursor, next }: PageOfProps) {
  const [, setSearch] = useSearchState();
  return (
    <>
      <DataTable
        label="Objects"
        rows={objects}
        columns={COLUMNS}
        rowKey={({ class: name, id }) => `${name}/${id}`}
      />
      {(next !== undefined || cursor !== "") && (
        <div className="objects-pages">
          <Button
            size="s"
            disabled={cursor === "" && "This is the first page."}
            onClick={() => setSearch({ cursor: "" })}
          >
            First page
          </Button>
          <Button
            size="s"
            disabled={next === undefined && "This is the last page."}
            onClick={() => setSearch({ cursor: next })}
          >
            Next page
          </Button>
        </div>
      )}
    </>
  );
}

const COLUMNS: readonly Column<Summary>[] = [
  {
    id: "object",
    head: "Object",
    grow: true,
    sortBy: ({ id }) => id,
    cell: ({ class: name, id }) => (
      <Link
        className="table-name"
        to={`/objects/${encodeURIComponent(name)}/${encodeURIComponent(id)}`}
      >
        {id}
      </Link>
    ),
  },
  { id: "class", head: "Class", sortBy: (each) => each.class, cell: (each) => each.class },
  {
    id: "seq",
    head: "Changes",
    align: "end",
    sortBy: ({ seq }) => seq,
    cell: ({ seq }) => count(seq),
  },
  {
    id: "updated",
    head: "Changed",
    wideOnly: true,
    sortBy: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Since time={updatedAt} />,
  },
];

function Since({ time }: { readonly time: number }) {
  return ago(time, useNow(5_000));
}
