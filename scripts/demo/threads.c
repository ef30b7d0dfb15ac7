// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three threads that add up numbers, each its own, and write what came out.
 * With any argument: waits for a line before it makes the threads.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THREADS	3

static pthread_barrier_t all_here;

static int add(int a, int b)
{
	int sum;

	sum = a + b;
	return sum;
}

static void *worker(void *arg)
{
	int number = *(int *)arg;
	int i, sum = 0;
	char line[80];

	/* A debugger that stops the first one finds all of them. */
	pthread_barrier_wait(&all_here);
	for (i = 1; i <= 4; i++)
		sum = add(sum, i * number);
	snprintf(line, sizeof(line), "thread %d: %d\n", number, sum);
	if (write(1, line, strlen(line)) < 0)
		return arg;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	char line[80];
	void *result;
	int i, status = 0;

	(void)argv;
	if (argc > 1 && !fgets(line, sizeof(line), stdin))
		return 1;
	pthread_barrier_init(&all_here, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		numbers[i] = i + 1;
		if (pthread_create(&threads[i], NULL, worker, &numbers[i]))
			return 1;
	}
	for (i = 0; i < THREADS; i++)
		if (pthread_join(threads[i], &result) || result)
			status = 1;
	return status;
}
