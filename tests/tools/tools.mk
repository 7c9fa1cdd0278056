# Programs of tests/tools, for `make -f Makefile -f tests/tools/tools.mk BUILD/tools/NAME`.
$(BUILD)/tools/%: $(BUILD)/tests/tools/%.o $(LIBREPORT)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
