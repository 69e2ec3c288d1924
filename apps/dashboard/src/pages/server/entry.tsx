import { lazy, Suspense, useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { useAsk, useDo } from "../../api/queries.ts";
import { type NamedEntry, namedEntry } from "../../lib/server-id.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";

const JsonEditor = lazy(() =>
  import("../tool/json-editor.tsx").then((module) => ({ default: module.JsonEditor })),
);

/** The entry of the server in `mcpServers`, to be changed. */
export function Entry({ server }: { readonly server: string }) {
  const refused = useRights().admin();
  const config = useAsk(
    "GET config",
    { query: { key: "mcpServers" } },
    { enabled: refused === undefined },
  );
  if (refused !== undefined) {
    return (
      <Empty icon="lock" title="This is for administrators">
        {refused}
      </Empty>
    );
  }
  return (
    <Loaded query={config} skeleton={<SkeletonLines lines={8} />}>
      {({ keys }) => {
        const found = namedEntry(keys[0]?.value, server);
        return found ? (
          <Editor key={JSON.stringify(found)} server={server} found={found} />
        ) : (
          <Empty icon="settings" title="The configuration does not name it any more" />
        );
      }}
    </Loaded>
  );
}

interface EditorProps {
  readonly server: string;
  readonly found: NamedEntry;
}

function Editor({ server, found: [name, entry] }: EditorProps) {
  const [text, setText] = useState(() => JSON.stringify(entry, null, 2));
  const [problem, setProblem] = useState<string>();
  const changing = useDo("PUT servers/:name", ["GET servers", "GET config", "GET discover"]);
  const toasts = useToasts();
  function save(): void {
    setProblem(undefined);
    let value: { [name: string]: unknown };
    try {
      value = JSON.parse(text) as typeof value;
    } catch (error) {
      setProblem(`This is no JSON: ${messageOf(error)}`);
      return;
    }
    changing.mutate(
      { path: { name: server }, body: { entry: value } },
      {
        onSuccess: ({ in_effect }) =>
          toasts.done(
            `${server} is changed`,
            in_effect ? "The bridge goes by it already." : "The bridge takes it up in a moment.",
          ),
        onError: (error) => setProblem(messageOf(error)),
      },
    );
  }
  const isSame = text === JSON.stringify(entry, null, 2);
  return (
    <Card
      title={`mcpServers.${name}`}
      note="secrets are masked: they stay what they are, unless you write others"
      actions={
        <Button
          look="primary"
          disabled={isSame && "Nothing is changed yet."}
          busy={changing.isPending}
          onClick={save}
        >
          Save
        </Button>
      }
    >
      <div className="server-entry">
        {problem && (
          <p className="server-refused" role="alert">
            {problem}
          </p>
        )}
        <Suspense fallback={<SkeletonLines lines={6} />}>
          <JsonEditor value={text} onChange={setText} onSubmit={save} />
        </Suspense>
      </div>
    </Card>
  );
}
