"""Work cut into tasks, done by several processes, its results in the order of the tasks.

Process k does the tasks k, k + jobs, k + 2 jobs ... and hands over each result through a pipe of its own, which holds it
up until it is its turn: memory does not grow with the work. Everything that the tasks read is shared by the fork.
"""

import multiprocessing
import sys


def _process(work, tasks, pipe):
    """One process: the results of its tasks, and None behind those of each."""
    for task in tasks:
        for item in work(task):
            pipe.send(item)
        pipe.send(None)
    pipe.close()


def run(work, tasks, jobs):
    """Yield what `work(task)` yields for one task after the other."""
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield from work(task)
        return
    jobs = min(jobs, len(tasks))
    fork = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for k in range(jobs):
        receive, send = fork.Pipe(duplex=False)
        process = fork.Process(target=_process, args=(work, tasks[k::jobs], send), daemon=True)
        process.start()
        send.close()
        pipes.append(receive)
        processes.append(process)
    try:
        for k in range(len(tasks)):
            yield from iter(pipes[k % jobs].recv, None)
    except EOFError:
        sys.exit("a process has failed")
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.terminate() if sys.exc_info()[0] else None
            process.join()
