"""Celery at another time of the calendar, for what is done only on working days:
python -m bench.working SECONDS ARGUMENTS …"""

import sys
import time

import time_machine
from celery.__main__ import main

if __name__ == "__main__":
    time_machine.travel(time.time() + float(sys.argv.pop(1)), tick=True).start()
    main()
