"""The frozen data the stages hand on. Takes nothing; gives the words and records every stage shares.

Read in the order of the pipeline: `words`, `scenario`, `study`, `plan`, `transcript`, `codes`, `claim`,
`estimates`, `verdicts`. Records hold data and no behavior; `reading` turns YAML files into them and `seeds`
derives their randomness.
"""
