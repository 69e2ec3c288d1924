import { useTool } from "../../api/tools.ts";
import { ago, count, percent } from "../../lib/format.ts";
import { useParam } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Code, Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Odds, Severity } from "../knowledge/marks.tsx";
import type { Known } from "../knowledge/shapes.ts";
import { useKnowledgeNews } from "../knowledge/use-knowledge-news.ts";
import { Editing } from "./editing.tsx";
import { Outcomes } from "./outcomes.tsx";
import "./diagnosis.css";

/** One error and what mended it: edited together with others, and told whether the fix works. */
export function Page() {
  const id = useParam("diagnosis");
  return <OwnServer name="knowledge">{(server) => <One server={server} id={id} />}</OwnServer>;
}

function One({ server, id }: { readonly server: string; readonly id: string }) {
  useKnowledgeNews(server);
  const known = useTool<Known>(server, "get_diagnosis", { id });
  const skeleton = (
    <>
      <PageHead title={<Skeleton width="24rem" height="2rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={known} skeleton={skeleton}>
      {(found) => <Shown key={id} server={server} known={found} />}
    </Loaded>
  );
}

function Shown({ server, known }: { readonly server: string; readonly known: Known }) {
  const { diagnosis, confidence } = known;
  const { error, severity } = diagnosis;
  return (
    <>
      <PageHead
        title={<span className="diagnosis-title">{error.message || error.name}</span>}
        lead={
          <>
            <Link to="/knowledge">Knowledge</Link> · <code>{diagnosis.id}</code>
          </>
        }
        actions={
          <>
            <Severity severity={severity} />
            <Odds confidence={confidence} />
          </>
        }
      />
      <div className="diagnosis-halves">
        <Editing server={server} known={known} />
        <div className="diagnosis-column">
          <Outcomes server={server} known={known} />
          <About known={known} />
        </div>
      </div>
    </>
  );
}

function About({ known: { diagnosis, version, occurrences } }: { readonly known: Known }) {
  const now = useNow(10_000);
  const { timestamp, updatedAt, metadata, links = [], error, confidence } = diagnosis;
  return (
    <Card title="About it">
      <div className="diagnosis-column">
        <Facts
          facts={[
            ["Met", occurrences === 1 ? "once" : `${count(occurrences)} times`],
            ["Stored", ago(timestamp, now)],
            ["Changed", updatedAt && ago(updatedAt, now)],
            ["Version", version],
            ["Its author", confidence === undefined ? undefined : `${percent(confidence)} sure`],
            ["Links", links.join(", ")],
          ]}
        />
        {error.stack && (
          <Code label="Stack" wrap>
            {error.stack}
          </Code>
        )}
        {metadata && Object.keys(metadata).length > 0 && <Json label="Facts" value={metadata} />}
      </div>
    </Card>
  );
}
