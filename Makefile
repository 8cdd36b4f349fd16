# SPDX-License-Identifier: LGPL-2.1-or-later
all: ; tools/build
check lint: ; tools/$@
install: ; tools/build --prefix $(or $(PREFIX),/usr/local)
clean: ; rm -rf build build-test build-check
.PHONY: all check lint install clean
