#include "report/output.h"

#include "report/output_against.h"
#include "report/output_digest.h"

/* A file whose digest is taken while it is written. */
struct output_digested {
	struct output_digests *digests;
	const char *name;
	struct output *output;
};

static FILE *output_digested(void *context, int fd)
{
	const struct output_digested *d = context;

	return output_digest_begin(d->digests, d->name, fd, &d->output->digest);
}

enum status output_open(struct output *output, const char *directory, const char *name,
			struct error *err)
{
	enum status status;

	*output = (struct output){0};
	status = aside_open(&output->aside, directory, name, err);
	output->stream = output->aside.stream;
	return status;
}

static enum status output_open_digested(struct output *output, const struct output_folder *folder,
					const char *name, struct error *err)
{
	struct output_digested digested = {folder->digests, name, output};
	enum status status;

	*output = (struct output){0};
	status = aside_open_as(&output->aside, folder->directory, name, output_digested, &digested, err);
	output->stream = output->aside.stream;
	return status;
}

enum status output_open_in(struct output *output, const struct output_folder *folder,
			   const char *name, struct error *err)
{
	if (folder->against)
		return output_against_begin(folder->against, name, output, err);
	return folder->digests ? output_open_digested(output, folder, name, err)
			       : output_open(output, folder->directory, name, err);
}

void output_open_stdout(struct output *output)
{
	*output = (struct output){0};
	aside_open_stdout(&output->aside);
	output->stream = output->aside.stream;
}

enum status output_check(const struct output *output, struct error *err)
{
	struct aside aside = output->aside;

	aside.stream = output->stream; /* of what is only compared, too */
	return aside_check(&aside, err);
}

enum status output_write(struct output *output, const char *bytes, size_t size, struct error *err)
{
	fwrite(bytes, 1, size, output->stream);
	return output_check(output, err);
}

enum status output_finish(struct output *output, struct error *err)
{
	enum status status;

	if (output->against)
		return output_against_finish(output, err);
	output->aside.stream = output->stream;
	status = aside_finish(&output->aside, err);
	output->stream = output->aside.stream;
	if (output->digest && !status)
		output_digest_finish(output->digest);
	else
		output_digest_abort(output->digest);
	output->digest = NULL;
	return status;
}

void output_abort(struct output *output)
{
	if (output->against) {
		output_against_abort(output);
		return;
	}
	aside_abort(&output->aside);
	output_digest_abort(output->digest);
	output->digest = NULL;
	output->stream = output->aside.stream;
}
