"""Results for people: Markdown tables, and bars of tokens a second as an SVG that needs nothing else."""
from xml.sax.saxutils import escape

from benchmarks.common import median_and_spread


class Row:
    def __init__(self, peer, runs, n_tokens):
        self.name, self.how, self.ours = peer.name, peer.how, peer.ours
        self.wall, self.spread = median_and_spread([run[0] for run in runs])
        self.cpu = median_and_spread([run[1] for run in runs])[0]
        self.labels, self.rate = runs[0][2], n_tokens / self.wall


def markdown(rows, wanted):
    """One table. Ratios are to the first row; answers are compared with the labels `wanted`, where there are any."""
    agreement = ("", "") if wanted is None else (" same answers |", " --- |")
    lines = [f"| | settings | wall s | spread | tokens/s | x | CPU s | x |{agreement[0]}",
             f"| --- | --- | --- | --- | --- | --- | --- | --- |{agreement[1]}"]
    for row in rows:
        name = f"**{row.name}**" if row.ours else row.name
        line = f"| {name} | {row.how} | {row.wall:.2f} | {row.spread:.0f} % | {row.rate:,.0f} | {rows[0].wall / row.wall:.2f} |"
        line += f" {row.cpu:.2f} | {rows[0].cpu / row.cpu:.2f} |"
        if wanted is not None:
            line += f" {sum(a == b for a, b in zip(row.labels, wanted))} of {len(wanted)} |"
        lines.append(line)
    return lines


STYLE = """text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600}.n{fill:#666}.o{fill:#1f4e8c}.p{fill:#a9b8c9}
@media(prefers-color-scheme:dark){text{fill:#ddd}.n{fill:#999}.o{fill:#7fb0ee}.p{fill:#4c5a6b}}"""


def svg(charts, note):
    """`charts` is a list of (title, rows): a bar for each row, as long as its tokens a second."""
    left, width, step, parts, y = 190, 720, 24, [], 10
    for title, rows in charts:
        y += 24
        parts.append(f'<text class="t" x="8" y="{y}">{escape(title)}: tokens a second</text>')
        top = max(row.rate for row in rows)
        for row in sorted(rows, key=lambda r: r.rate):
            y += step
            length = (width - left - 90) * row.rate / top
            parts.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">{escape(row.name)}</text>'
                         f'<rect class="{"o" if row.ours else "p"}" x="{left}" y="{y - 13}" width="{length:.1f}" height="17" rx="2"/>'
                         f'<text x="{left + length + 6:.1f}" y="{y}">{row.rate:,.0f}</text>')
        y += 12
    parts.append(f'<text class="n" x="8" y="{y + 22}">{escape(note)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 34}" width="{width}" height="{y + 34}">'
            f'<style>{STYLE}</style>{"".join(parts)}</svg>\n')
