/* What is too much for one run, and what is said of it. */
#include "correlate/view.h"
#include "tests/unit/check.h"

#define CAPTURES 3

static struct capture capture[CAPTURES];
static struct view view = {.captures = CAPTURES, .capture = capture, .points = 2};

static void begin(void)
{
	uint32_t c;

	for (c = 0; c < CAPTURES; c++)
		capture[c] = (struct capture){.records = 100, .flows = 10};
	view.point[0] = (struct view_point){.name = "fw-in", .first_capture = 0, .captures = 1};
	view.point[1] = (struct view_point){.name = "fw-out", .first_capture = 1, .captures = 2};
}

static void packets(void)
{
	struct error err = {0};

	begin();
	CHECK_INT(view_fits(&view, &err), STATUS_OK);
	capture[1].records = 4294000000;
	capture[2].records = 900000;
	CHECK_INT(view_fits(&view, &err), STATUS_OK);
	capture[2].records = 1000000;
	CHECK_INT(view_fits(&view, &err), STATUS_INPUT);
	CHECK_TEXT(err.text, "point fw-out: 4295000000 packets, and one run takes 4294934528 of a point: collect a "
			     "part of the time (--start, --end) or of the packets (-f) into a store of its own");
	capture[1].records = 100;
	capture[2].records = UINT64_MAX / 2;
	CHECK_INT(view_fits(&view, &err), STATUS_INPUT);
	check_case("more packets of a point than can be numbered are refused, with their number and what to do");
}

static void flows(void)
{
	struct error err = {0};

	begin();
	capture[0].flows = 2147483000;
	capture[1].flows = 600;
	capture[2].flows = 46;
	CHECK_INT(view_fits(&view, &err), STATUS_OK);
	capture[2].flows = 47;
	CHECK_INT(view_fits(&view, &err), STATUS_INPUT);
	CHECK_TEXT(err.text, "2147483647 flows at all points, and one run takes 2147483646: collect a part of the "
			     "time (--start, --end) or of the packets (-f) into a store of its own");
	check_case("so are more flows of all points");
}

int main(void)
{
	packets();
	flows();
	return check_exit();
}
