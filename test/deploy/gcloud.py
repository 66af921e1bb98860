"""Takes gcloud commands as gcloud does, all in one process: gcloud takes a second to load, and a command some milliseconds.

Arguments: the folder of the Google Cloud SDK. Input: a JSON array of arguments a line. Output: for each, all that gcloud prints, as a
line of JSON.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(sys.argv[1], "lib"))
import gcloud  # Finds the SDK's own libraries.
from googlecloudsdk import gcloud_main

commands = [json.loads(line) for line in sys.stdin]
answers = os.fdopen(os.dup(1), "w")
printed = tempfile.TemporaryFile()
# What a command reads is empty, and what it prints is kept.
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(printed.fileno(), 1)
os.dup2(printed.fileno(), 2)

cli = gcloud_main.CreateCLI([])
for command in commands:
    os.truncate(printed.fileno(), 0)
    os.lseek(printed.fileno(), 0, os.SEEK_SET)
    try:
        cli.Execute(command)
    except SystemExit:
        pass
    sys.stdout.flush()
    sys.stderr.flush()
    os.lseek(printed.fileno(), 0, os.SEEK_SET)
    text = os.read(printed.fileno(), 1 << 20).decode()
    answers.write(json.dumps(text) + "\n")
answers.close()
