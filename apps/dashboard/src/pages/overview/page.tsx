import { PageHead } from "../../ui/card.tsx";
import { Alerts } from "./alerts.tsx";
import { Changes } from "./changes-card.tsx";
import { Figures } from "./figures.tsx";
import { LiveCharts } from "./live-charts.tsx";
import { ServersCard } from "./servers-card.tsx";
import "./overview.css";

export function Page() {
  return (
    <>
      <PageHead
        title="Overview"
        lead="What the bridge does now, and what changed since yesterday."
      />
      <div className="overview">
        <Figures />
        <LiveCharts />
        <ServersCard />
        <div className="overview-side">
          <Alerts />
          <Changes />
        </div>
      </div>
    </>
  );
}
