"""Stackproof's guide as plain functions from data to text.

    data/*.yml ──load──▶ models ──render──▶ Markdown and HTML ──MkDocs──▶ site/

Nothing here knows MkDocs, reads a clock or uses the network: the same files give the same text.
The modules in the order in which data flows through them:

- `yamlfile`: one YAML file → its value, and the line on which each part of it stands
- `models`, `text`: what may stand in those files
- `load`, `rules`: all files → a `Guide`, or every `Problem` found in them
- `packages`, `proofs`: what `make lock` and `make prove` wrote
- `cells`, `decisions`: what a table or a flowchart shows
- `pages`, `render`: the pages, from the templates beside this file
- `schema`: the models as JSON Schema, for editors
"""
