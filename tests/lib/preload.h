/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preload.h - for libraries that come between a program and the C library. */
#pragma once
#undef _FORTIFY_SOURCE /* whose own names for the same functions would be called instead */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>

/* The function that a wrapper of the same name stands before. */
#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

/* ioctl, once on_ioctl (request, value) has seen it: it returns 0, or the error that the program
 * gets. */
#define WRAP_IOCTL(on_ioctl)                       \
    int ioctl (int fd, unsigned long request, ...) \
    {                                              \
        static __typeof__ (&ioctl) real;           \
        va_list                    args;           \
        unsigned long              value;          \
        int                        error;          \
                                                   \
        va_start (args, request);                  \
        value = va_arg (args, unsigned long);      \
        va_end (args);                             \
        error = on_ioctl (request, value);         \
        real  = real ? real : REAL (ioctl);        \
        if (error == 0)                            \
            return real (fd, request, value);      \
        errno = error;                             \
        return -1;                                 \
    }
