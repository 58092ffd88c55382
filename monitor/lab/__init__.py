"""Synthetic live streams with defects at scheduled times: for the demonstration, for tests, for hours of soak.

- `schedule`: what goes wrong when (`Planned`, `Recipe`)
- `scenes`: moving pictures and sound by recipe
- `coder`: pictures and sound -> MPEG-TS
- `encode`: a recipe -> MPEG-TS in pieces, defects inside
- `packets`: what is done to finished MPEG-TS (damage, shifted timestamps)
- `outlets`, `web`: how pieces leave, over UDP and TCP; as live HLS and progressive HTTP
- `publish`: all of it in real time, from a process of its own (`LiveLab`)
- `demo`, `soak`: the recipes, and the demonstration's score
"""
